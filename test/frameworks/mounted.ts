/** The properties of `Feed`, in every framework. */
export interface FeedProps {
  url: string;
  token: string;
}

/** A `Feed` in the page. */
export interface Mounted {
  /** Renders it again, with or without other properties. */
  update(props: Partial<FeedProps>): void;
  unmount(): void;
}
