/** Whether a request of this method may be repeated without harm. */
export const isRepeatable = (method: string): boolean =>
  /^(GET|PUT|DELETE|OPTIONS|QUERY|REPORT|PROPFIND|SEARCH)$/i.test(method);
