import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { FeedProps, Mounted } from '../mounted.js';
import { Feed } from './Feed.js';

/** In strict mode, where React mounts everything twice. */
export function mount(target: Element, props: FeedProps): Mounted {
  const root = createRoot(target);
  let current = props;
  const update = (others: Partial<FeedProps>) => {
    current = { ...current, ...others };
    root.render(
      <StrictMode>
        <Feed {...current} />
      </StrictMode>,
    );
  };
  update({});
  return { update, unmount: () => root.unmount() };
}
