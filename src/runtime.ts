/**
 * Whether this is a browser, whose `fetch` follows redirects under the rules of CORS and shows none of them to a
 * script. All call themselves Mozilla; so do the imitations for tests, whose `fetch` is Node's.
 */
export const isBrowser = (): boolean =>
  /^Mozilla(?!.*(jsdom|HappyDOM))/.test(globalThis.navigator?.userAgent);
