/** Found out once. */
let callsHandlers: boolean | undefined;

/** Whether an `EventTarget` calls its property `on` plus an event's type by itself. */
function probe(): boolean {
  let isCalled = false;
  const onprobe = () => {
    isCalled = true;
  };
  Object.assign(new EventTarget(), { onprobe }).dispatchEvent(new Event('probe'));
  return isCalled;
}

/**
 * Dispatches an event. In Workers, `EventTarget` calls `onmessage` by itself before any listener, although our own
 * listener calls it too. So its first look at the handler must find nothing (rule 46).
 */
export function dispatch(target: EventTarget, event: Event): void {
  callsHandlers ??= probe();
  if (callsHandlers) hideOnce(target, `on${event.type}`);
  target.dispatchEvent(event);
}

function hideOnce(target: EventTarget, name: string): void {
  if (!(name in target) || Object.hasOwn(target, name)) return;
  const get = () => void Reflect.deleteProperty(target, name);
  Object.defineProperty(target, name, { configurable: true, get });
}
