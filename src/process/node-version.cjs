/** Says which Node is needed, where an older one would say that it does not know what a .ts file is. Read before all else; any Node can. */
const { engines } = require('../../package.json');

const needed = Number(/\d+/.exec(engines.node)[0]);
if (Number(process.versions.node.split('.', 1)[0]) < needed) {
  process.stderr.write(`Node ${needed} or newer is needed, and this is Node ${process.versions.node}.\n`);
  process.exit(1);
}
