const ANSWERS = [
  `You asked: “{}” A language model would answer that; this stand-in only shows how its tokens travel. The question went
  out as the body of a POST request, and each token comes back as an event of its own, in the format that many model
  servers share. Stop aborts the request, and the server stops writing.`,
  `“{}” is a good question. There is no model here, so this is another prepared answer, because you asked again. What
  you see is real nevertheless: one POST, one stream, one event for each token, and a last one that says that the
  answer is done.`,
  `Nothing is known here about “{}”. But try this: cut the connection while these words arrive. A POST is not sent
  again by itself, because that might do something twice. Allow it, and the answer continues after the last token that
  arrived.`,
];

/** The tokens of an answer, as a language model might give it. */
export function writeAnswer(prompt: string, number: number): string[] {
  const text = ANSWERS[number % ANSWERS.length] ?? '';
  // Roughly as tokenizers work: a space belongs to the next word, and long words are split.
  return (
    text
      .replace(/\s+/g, ' ')
      .replace('{}', prompt)
      .match(/\s?\S{1,6}/g) ?? []
  );
}
