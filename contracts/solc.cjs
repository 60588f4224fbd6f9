/**
 * The compiler's command line over solc-js, as much of it as forge and py-solc-x use:
 *
 *   --version                      the version, worded as the native compiler words it
 *   --standard-json [FILE]         Standard JSON from FILE or standard input, to standard output
 *   --base-path, --include-path    where imports without content are looked up, in this order
 *   --allow-paths                  accepted; nothing outside of the two above is ever opened
 *
 * solc-js has a command line of its own, but it prints a line before the JSON and refuses
 * --allow-paths.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const solc = require('solc');

const STDIN = 0;

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      version: { type: 'boolean' },
      'standard-json': { type: 'boolean' },
      'base-path': { type: 'string' },
      'include-path': { type: 'string', multiple: true, default: [] },
      'allow-paths': { type: 'string' },
    },
  });
  if (values.version) {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
    return;
  }
  if (!values['standard-json']) {
    throw new Error('nothing to do: give --version or --standard-json');
  }
  const roots = [values['base-path'] ?? '.', ...values['include-path']].map((root) => path.resolve(root));
  const input = fs.readFileSync(positionals[0] ?? STDIN, 'utf8');
  process.stdout.write(solc.compile(input, { import: (name) => readImport(roots, name) }));
}

function readImport(roots, name) {
  for (const root of roots) {
    const file = path.resolve(root, name);
    if (file.startsWith(root + path.sep) && fs.existsSync(file)) {
      return { contents: fs.readFileSync(file, 'utf8') };
    }
  }
  return { error: `${name} is in none of ${roots.join(', ')}` };
}

main();
