import { FetchEventSource } from 'eventsource-fetch';
import { setText } from '/elements.js';

/** How much of each is shown. */
const LONGEST_LIST = 50;
const LONGEST_TEXT = 2000;

/** Appends each message to the list, beside the response that contained them. */
export function showList(list, raw) {
  const source = new FetchEventSource('/event-stream', { fetch: showResponse(raw) });
  source.onmessage = (event) => {
    const item = document.createElement('li');
    item.textContent = `message: ${event.data}`;
    item.dataset.id = event.lastEventId;
    list.append(item);
    if (list.children.length > LONGEST_LIST) list.firstElementChild.remove();
    list.scrollTop = list.scrollHeight;
  };
}

/** A `fetch` that records what passes through it. */
function showResponse(element) {
  return async (url, init) => {
    const response = await fetch(url, init);
    const decoder = new TextDecoder();
    let head = `${response.status} ${response.statusText}\n`;
    for (const name of ['content-type', 'cache-control']) head += `${name}: ${response.headers.get(name)}\n`;
    let text = `${head}\n`;
    const tap = new TransformStream({
      transform(chunk, controller) {
        text = (text + decoder.decode(chunk, { stream: true })).slice(-LONGEST_TEXT);
        setText(element, text);
        element.scrollTop = element.scrollHeight;
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(tap), response);
  };
}
