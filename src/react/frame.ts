/** In milliseconds: a hidden page has no frames, and what is shown of its title should not stay behind. */
const LONGEST = 100;

/** In milliseconds: where nothing has frames. */
const FRAME = 16;

/** Calls back in the next frame. The function that it returns prevents that. */
export function onNextFrame(callback: () => void): () => void {
  const run = () => {
    cancel();
    callback();
  };
  const frame = globalThis.requestAnimationFrame?.(run);
  const timer = setTimeout(run, frame === undefined ? FRAME : LONGEST);
  const cancel = () => {
    clearTimeout(timer);
    if (frame !== undefined) cancelAnimationFrame(frame);
  };
  return cancel;
}
