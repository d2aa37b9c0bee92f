import { Converter } from 'typedoc';

/** A page that a script writes says so first, in a comment. */
const HEADING = /^(?:<!--.*-->\n)?# (.+)\n+/;

/** A page of the guide is called what its first heading says, not what its file is called. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const [, title] = HEADING.exec(page.content[0]?.text) ?? [];
    if (!title) throw new Error(`${page.name} begins with no heading`);
    page.name = title;
  });
  // The front page gets one from the site.
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const [first] = project.readme;
    first.text = first.text.replace(HEADING, '');
  });
}
