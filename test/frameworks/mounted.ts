/** What `Feed` gets, in every framework. */
export interface FeedProps {
  url: string;
  token: string;
}

/** A `Feed` in the page. */
export interface Mounted {
  /** Renders it again; without other properties as well. */
  update(props: Partial<FeedProps>): void;
  unmount(): void;
}
