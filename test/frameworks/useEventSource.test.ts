import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Scripted, type ScriptedResponse, script } from '../scripted.js';
import type { Mounted } from './mounted.js';
import { mount as mountReact } from './react/mount.js';
import { mount as mountSvelte } from './svelte/mount.svelte.js';
import { mount as mountVue } from './vue/mount.js';

const held = (...chunks: string[]): ScriptedResponse => ({ chunks, after: 'hold' });

const authorizations = async ({ requests }: Scripted) =>
  (await requests()).map(({ headers }) => headers['authorization']);

describe.each([
  ['React, mounted twice as in strict mode', mountReact],
  ['Vue', mountVue],
  ['Svelte', mountSvelte],
])('useEventSource in %s', (_, mount) => {
  /** A feed in the page, removed at the end of the test. */
  function show(served: Scripted, token = 'a'): Mounted & { items(): string[]; title(): string | null } {
    const target = document.body.appendChild(document.createElement('main'));
    const mounted = mount(target, { url: served.url, token });
    let isMounted = true;
    const unmount = () => {
      if (isMounted) mounted.unmount();
      isMounted = false;
      target.remove();
    };
    onTestFinished(unmount);
    return {
      ...mounted,
      unmount,
      items: () => [...target.querySelectorAll('li')].map((item) => `${item.textContent}`),
      title: () => target.querySelector('ul')?.getAttribute('title') || null,
    };
  }

  test('shows messages as they come, over one connection, with its headers', async () => {
    const served = await script(held('id: 1\ndata: one\n\n'));
    const { items } = show(served);
    await expect.poll(items).toEqual(['one']);
    await served.push('id: 2\ndata: two\n\nid: 3\ndata: three\n\n');
    await expect.poll(items).toEqual(['one', 'two', 'three']);
    expect(await authorizations(served)).toEqual(['Bearer a']);
  });

  test('shows messages without IDs, and the framework does not complain', async () => {
    const complaint = vi.spyOn(console, 'error');
    const served = await script(held('data: one\n\n'));
    const { items } = show(served);
    await expect.poll(items).toEqual(['one']);
    await served.push('data: two\n\ndata: three\n\n');
    await expect.poll(items).toEqual(['one', 'two', 'three']);
    expect(complaint).not.toHaveBeenCalled();
  });

  test('is rendered again with the same headers without connecting again', async () => {
    const served = await script(held('id: 1\ndata: one\n\n'));
    const { items, update } = show(served);
    await expect.poll(items).toEqual(['one']);
    update({ token: 'a' });
    await served.push('id: 2\ndata: two\n\n');
    await expect.poll(items).toEqual(['one', 'two']);
    expect(await served.requests()).toHaveLength(1);
  });

  test('connects again with other headers, resumes, and leaves no connection behind', async () => {
    const served = await script(held('id: 1\ndata: one\n\n'), held('id: 2\ndata: two\n\n'));
    const { items, update } = show(served);
    await expect.poll(items).toEqual(['one']);
    update({ token: 'b' });
    await expect.poll(items).toEqual(['one', 'two']);
    await expect.poll(served.open).toBe(1);
    expect(await authorizations(served)).toEqual(['Bearer a', 'Bearer b']);
    expect((await served.requests())[1]?.headers['last-event-id']).toBe('1');
  });

  test('starts over at another URL', async () => {
    const [served, other] = [
      await script(held('id: 1\ndata: one\n\n')),
      await script(held('id: 2\ndata: two\n\n')),
    ];
    const { items, update } = show(served);
    await expect.poll(items).toEqual(['one']);
    update({ url: other.url });
    await expect.poll(items).toEqual(['two']);
    await expect.poll(served.open).toBe(0);
    expect((await other.requests()).map(({ headers }) => headers['last-event-id'])).toEqual([undefined]);
  });

  test('closes its connection when it is unmounted', async () => {
    const served = await script(held('id: 1\ndata: one\n\n'));
    const { items, unmount } = show(served);
    await expect.poll(items).toEqual(['one']);
    expect(await served.open()).toBe(1);
    unmount();
    await expect.poll(served.open).toBe(0);
    expect(await served.requests()).toHaveLength(1);
  });

  test('sends nothing when it is unmounted at once', async () => {
    const served = await script(held());
    const later = await script(held('id: 1\ndata: one\n\n'));
    show(served).unmount();
    // By the time one that stays is connected, the other could have been too.
    await expect.poll(show(later).items).toEqual(['one']);
    expect(await served.requests()).toEqual([]);
  });

  test('says why it is not connected, until it is again', async () => {
    const served = await script(
      { chunks: ['retry: 1\nid: 1\ndata: one\n\n'] },
      { after: 'stall' },
      held('id: 2\ndata: two\n\n'),
    );
    const { items, title } = show(served);
    await expect.poll(title).toBe('Stream ended');
    await expect.poll(async () => (await served.requests()).length).toBe(2);
    await served.cut();
    await expect.poll(items).toEqual(['one', 'two']);
    await expect.poll(title).toBe(null);
  });

  test('reports a refusal', async () => {
    const { title } = show(await script({ status: 403 }));
    await expect.poll(title).toMatch(/^Expected 200/);
  });
});
