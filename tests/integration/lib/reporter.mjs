// One line a test, failures in full, and node's own summary at the end.
const shortly = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function* failure({ name, details }) {
  const error = details.error?.cause ?? details.error;
  const text = String(error?.stack ?? error?.message ?? error);
  yield `    ${text.replaceAll('\n', '\n    ')}\n`;
  if (error?.actual !== undefined || error?.expected !== undefined) {
    yield `    in "${name}": got ${JSON.stringify(error.actual)}, expected ${JSON.stringify(error.expected)}\n`;
  }
}

export default async function* report(source) {
  let file = '';
  const failed = [];
  for await (const { type, data } of source) {
    if (type === 'test:pass' || type === 'test:fail') {
      if (typeof data.skip === 'string' && data.skip.includes('does not match pattern')) continue; // --only
      // Files and groups count only when something is wrong with them that is not the fault of one of their tests.
      const isGroup = data.details.type === 'suite' || data.name.endsWith('.test.mjs');
      if (isGroup && (type === 'test:pass' || data.details.error?.failureType === 'subtestsFailed')) continue;
      if (data.file && data.file !== file) {
        ({ file } = data);
        yield `\n${file.split('/').at(-1)}\n`;
      }
      const mark = type === 'test:fail' ? 'FAIL' : data.skip !== undefined ? 'skip' : 'ok  ';
      yield `  ${mark} ${data.name} (${shortly(data.details.duration_ms)})${data.skip ? `: ${data.skip}` : ''}\n`;
      if (type === 'test:fail') {
        yield* failure(data);
        failed.push(data.name);
      }
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message;
    } else if (type === 'test:diagnostic' && data.nesting === 0) {
      yield `# ${data.message}\n`;
    }
  }
  for (const name of failed) yield `failed: ${name}\n`;
}
