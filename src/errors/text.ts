const escapeCharacter = (character: string): string => `\\x${escape(character).slice(1)}`;

/** Text of a server's or a caller's must not steer a terminal, or add a line to a log: its control characters become visible. */
export const defuse = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  text.replace(/[\0-\x1f\x7f-\x9f]/g, escapeCharacter);

/** What is none of ours, as a message shows it: at most 100 characters, whatever making text of it does. */
export function show(value: unknown): string {
  try {
    return defuse(String(value)).slice(0, 100);
  } catch {
    return typeof value;
  }
}

/** The origin and the path of a URL, for a message. User, password, query and fragment may be secrets. */
export const locate = (url: string): string => show(url.replace(/^([^/?#]*:\/\/)[^/?#]*@|[?#].*/gs, '$1'));

/** What to do about a stream of Node's. */
export const NODE_REMEDY = '; pass Readable.toWeb(stream)';
