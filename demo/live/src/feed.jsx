/** The posts, newest first. */
export function Feed({ posts }) {
  return (
    <section className="card" aria-labelledby="feed-title">
      <h2 id="feed-title">Feed</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol className="list posts" tabIndex={0} aria-labelledby="feed-title">
        {posts.map(({ id, author, text, at }) => (
          <li key={id} data-id={id} data-author={author}>
            <p className="byline">
              <b>{author}</b>{' '}
              <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time>
            </p>
            <p>{text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
