/** How many are shown. */
const LONGEST_FEED = 40;
const LONGEST_HISTORY = 30;

/** The state before the first event. */
export const empty = { posts: [], stocks: {}, count: 0 };

/** The state after another event. */
export function reduce({ posts, stocks, count }, { type, ...item }) {
  if (type === 'post') {
    return { posts: [item, ...posts].slice(0, LONGEST_FEED), stocks, count: count + 1 };
  }
  const { symbol, price } = item;
  const history = [...(stocks[symbol] ?? []), price].slice(-LONGEST_HISTORY);
  return { posts, stocks: { ...stocks, [symbol]: history }, count: count + 1 };
}
