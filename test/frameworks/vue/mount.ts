import { createApp, h, shallowRef } from 'vue';
import type { FeedProps, Mounted } from '../mounted.js';
import Feed from './Feed.vue';

export function mount(target: Element, props: FeedProps): Mounted {
  const current = shallowRef(props);
  const app = createApp({ render: () => h(Feed, { ...current.value }) });
  app.mount(target);
  return {
    update: (others) => {
      current.value = { ...current.value, ...others };
    },
    unmount: () => app.unmount(),
  };
}
