/** How many items a list keeps. The page may stay open for days. */
const LONGEST_LIST = 200;

/** An element with its class and its children, which may be text. */
export function make(name, className, ...children) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...children);
  return element;
}

/** Adds an item at the top of a list. What somebody is reading must not move. */
export function prepend(list, item) {
  // Browsers take care of that, except at the very top.
  if (list.scrollTop === 0 && list.querySelector('[open]')) list.scrollTop = 1;
  list.prepend(item);
  if (list.children.length > LONGEST_LIST) list.lastElementChild.remove();
}

/** Writes only a changed text: each write is read aloud by assistive technology and loses the selection. */
export function setText(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

export const seconds = (milliseconds) => `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s`;
export const time = (milliseconds) => new Date(milliseconds).toLocaleTimeString();
export const byId = (id) => document.getElementById(id);

/** The URLs of the servers of other origins, by name. */
export async function findServers() {
  return (await fetch('/servers.json')).json();
}

/** Asks a server to make something happen. It may be gone, which is fine. */
export const post = (path) => fetch(path, { method: 'POST' }).catch(() => {});
