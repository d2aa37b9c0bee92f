import { make, prepend } from '/elements.js';

/** Adds a message event to the list, with everything that can be read from it. */
export function addMessage(list, event) {
  // Read now: after the dispatch, `currentTarget` and `eventPhase` are no longer what listeners see.
  const properties = readProperties(event);
  const summary = make('summary', '', make('span', 'type', event.type), make('code', 'data', event.data));
  summary.append(make('span', 'id', event.lastEventId));
  const details = make('details', '', summary);
  details.addEventListener('toggle', () => details.append(makeTable(properties)), { once: true });
  const item = make('li', '', details);
  Object.assign(item.dataset, { id: event.lastEventId, type: event.type });
  prepend(list, item);
}

/** All names and values, as text. */
export function readProperties(event) {
  const properties = [];
  // for…in, because they are accessors on the event's prototypes. Methods and constants are left out.
  for (const name in event) {
    const value = event[name];
    if (typeof value !== 'function' && name !== name.toUpperCase()) properties.push([name, show(value)]);
  }
  return properties;
}

function show(value) {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? `[${value.map(show)}]` : value.constructor.name;
}

function makeTable(properties) {
  const rows = properties.map(([name, value]) =>
    make('div', '', make('dt', '', name), make('dd', '', value)),
  );
  return make('dl', 'properties', ...rows);
}
