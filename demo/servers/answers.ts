const ANSWERS = [
  `You asked: “{}” A language model would answer that; this stand-in only shows how its tokens travel. The question went
  out as the body of a POST request, and each token comes back as an event of its own, in the format that many model
  servers share. Stop aborts the request, and the server stops writing.`,
  `“{}” is a good question. There is no model here, so this is another prepared answer: one that came because you asked
  again. What you see is real all the same: one POST, one stream, one event for each token, and a last one that says
  that the answer is done.`,
  `About “{}” nothing is known here. But try this: cut the connection while these words arrive. A POST is not sent again
  on its own, for that might do something twice. Allow it, and the answer goes on after the token that came last.`,
];

/** The tokens with which a language model might answer, were there one behind this demo. */
export function writeAnswer(prompt: string, number: number): string[] {
  const text = ANSWERS[number % ANSWERS.length] ?? '';
  // About as tokenizers do it: a space belongs to the word after it, and long words fall apart.
  return (
    text
      .replace(/\s+/g, ' ')
      .replace('{}', prompt)
      .match(/\s?\S{1,6}/g) ?? []
  );
}
