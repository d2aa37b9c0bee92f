import { mount as mountComponent, unmount } from 'svelte';
import type { FeedProps, Mounted } from '../mounted.js';
import Feed from './Feed.svelte';

export function mount(target: Element, given: FeedProps): Mounted {
  const props = $state(given);
  const feed = mountComponent(Feed, { target, props });
  return {
    update: (others) => void Object.assign(props, others),
    unmount: () => void unmount(feed),
  };
}
