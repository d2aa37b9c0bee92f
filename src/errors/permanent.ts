/** The errors that no other attempt can mend. They are known where they are made, not by what their messages say. */
const permanent = new WeakSet<Error>();

export const isPermanent = (error: Error): boolean => permanent.has(error);

/** Marks an error as one that no other attempt can mend. */
export function markPermanent<E extends Error>(error: E): E {
  permanent.add(error);
  return error;
}
