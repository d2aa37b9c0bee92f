/** The words with which a language model might answer, were there one behind this demo. */
export function answer(prompt: string): string[] {
  const text = `You asked: “${prompt}”. A language model would answer that; this stand-in only shows how its words
    travel. The prompt went out as the body of a POST request, each word comes back as an event, and one named
    “done” ends it. Stop aborts the request. Cut the connections while words arrive: a POST is not sent again, unless
    you allow it.`;
  return text.split(/\s+/).map((word) => `${word} `);
}
