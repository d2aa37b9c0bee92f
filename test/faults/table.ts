import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Prints every scenario and its outcome at the end. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const rows: [scenario: string, result: string][] = [];
    for (const module of [...modules].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1))) {
      for (const test of module.children.allTests()) rows.push([test.fullName, result(test)]);
      // A module that could not be loaded has no tests.
      if (module.state() === 'failed' && module.errors().length)
        rows.push([module.relativeModuleId, 'FAILED']);
    }
    rows.push([
      'all of it > leaves no rejection unhandled and no exception uncaught',
      unhandled.length ? 'FAILED' : 'passed',
    ]);
    const width = Math.max(...rows.map(([scenario]) => scenario.length));
    const line = ([scenario, result]: readonly string[]) => `${scenario?.padEnd(width)} | ${result}`;
    const count = (start: string) => rows.filter(([, result]) => result.startsWith(start)).length;
    console.log(
      [
        line(['scenario', 'result']),
        `${'-'.repeat(width)}-|--------`,
        ...rows.map(line),
        '',
        `${rows.length} scenarios: ${count('passed')} passed, ${count('FAILED')} failed, ${count('not run')} not run`,
      ].join('\n'),
    );
  }
}

function result(test: TestCase): string {
  const { state } = test.result();
  return state === 'passed' ? 'passed' : state === 'failed' ? 'FAILED' : 'not run';
}
