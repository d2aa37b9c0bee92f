const WIDTH = 120;
const HEIGHT = 28;

/** The stocks and their recent prices. */
export function Ticker({ stocks, count }) {
  const symbols = Object.keys(stocks).sort();
  return (
    <section className="card" aria-labelledby="ticker-title">
      <h2 id="ticker-title">Stocks</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Symbol</th>
            <th scope="col">Price</th>
            <th scope="col">Change</th>
            <th scope="col">Lately</th>
          </tr>
        </thead>
        <tbody>
          {symbols.map((symbol) => (
            <Stock key={symbol} symbol={symbol} history={stocks[symbol]} />
          ))}
        </tbody>
      </table>
      <p className="muted">{count} events so far</p>
    </section>
  );
}

function Stock({ symbol, history }) {
  const price = history.at(-1);
  const change = (price / history[0] - 1) * 100;
  return (
    <tr data-symbol={symbol}>
      <th scope="row">{symbol}</th>
      <td>{price.toFixed(2)}</td>
      <td className={change < 0 ? 'falling' : 'rising'}>
        {change < 0 ? '−' : '+'}
        {Math.abs(change).toFixed(1)} %
      </td>
      <td>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
          <polyline points={drawLine(history)} />
        </svg>
      </td>
    </tr>
  );
}

function drawLine(history) {
  const least = Math.min(...history);
  const range = Math.max(...history) - least || 1;
  const step = WIDTH / Math.max(1, history.length - 1);
  return history
    .map((price, index) => `${index * step},${HEIGHT - 2 - ((price - least) / range) * (HEIGHT - 4)}`)
    .join(' ');
}
