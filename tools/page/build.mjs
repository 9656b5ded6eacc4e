/* Builds page.html, which the command carries: template + style + script + libraries + licences.
 * Usage: node build.mjs [OUT]     default: page.html beside this file */
import { build } from 'esbuild'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const out = process.argv[2] ?? join(here, 'page.html')

const built = await build({
  absWorkingDir: here,
  entryPoints: ['main.js'],
  outfile: 'page.js', // main.js imports the style: page.css comes beside it
  bundle: true,
  write: false,
  metafile: true,
  minify: true,
  keepNames: true, // d3-flame-graph asks for the name of d3-hierarchy's class
  charset: 'ascii',
  legalComments: 'none', // the whole licences are in the page
  format: 'iife',
  target: ['chrome123', 'firefox128', 'safari17.5'],
})

const text = ending => built.outputFiles.find(f => f.path.endsWith(ending)).text.trim()

/* The packages whose code got into the script, in the order of their names. */
function packages() {
  const inputs = Object.values(built.metafile.outputs)
    .flatMap(o => Object.entries(o.inputs).filter(([, i]) => i.bytesInOutput > 0).map(([path]) => path))
  const names = inputs.map(path => /node_modules\/([^/]+)\//.exec(path)?.[1]).filter(Boolean)
  return [...new Set(names)].sort()
}

function licence(name) {
  const root = join(here, 'node_modules', name)
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].map(f => join(root, f)).find(existsSync)
  if (!file)
    throw new Error(`${name} has no licence file`)
  return `${name} ${version} (${license})\n\n${readFileSync(file, 'utf8').trim()}`
}

const escaped = s => s.replace(/[&<>]/g, c => `&#${c.charCodeAt(0)};`)

/* Puts a text where the template has its mark, which must be there once. */
function put(page, mark, content) {
  const parts = page.split(mark)
  if (parts.length !== 2)
    throw new Error(`${mark} stands ${parts.length - 1} times in page.in.html`)
  return parts.join(content)
}

let page = readFileSync(join(here, 'page.in.html'), 'utf8')
page = put(page, '/* style */', text('.css'))
page = put(page, '/* script */', text('.js'))
page = put(page, '<!-- licences -->', escaped(packages().map(licence).join('\n\n\n')))
if (/<\/script/i.test(text('.js')) || page.split('<!-- the data of the dump -->').length !== 2)
  throw new Error('the script would end early, or the data has no place')
writeFileSync(out, page)
