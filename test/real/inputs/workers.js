// Four workers that make strings, objects, buffers and messages; then zlib, crypto, a child process.
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const crypto = require('crypto'), zlib = require('zlib'), { execFileSync } = require('child_process');

if (!isMainThread) {
  const hash = crypto.createHash('sha256');
  for (let i = 0; i < 3000; i++) {
    hash.update(JSON.stringify({ i, w: workerData, list: Array(i % 20).fill('x' + i) }));
  }
  parentPort.on('message', (m) => {
    if (m === null) return parentPort.close();
    const text = m.text + hash.copy().digest('hex');
    parentPort.postMessage({ n: m.n, text, buffer: Buffer.alloc(m.n * 37, 'ab') });
  });
  return;
}

async function one(id) {
  const worker = new Worker(__filename, { workerData: id }), seen = [];
  const ended = new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
  for (let n = 0; n < 60; n++) {
    worker.postMessage({ n, text: 'message ' + n });
    seen.push(await new Promise((resolve) => worker.once('message', resolve)));
  }
  worker.postMessage(null);
  return [id, await ended, crypto.createHash('md5').update(JSON.stringify(seen)).digest('hex')];
}

(async () => {
  console.log(await Promise.all([1, 2, 3, 4].map(one)));
  const stopped = new Worker('for (;;) [].concat({})', { eval: true });
  await new Promise((resolve) => stopped.once('online', resolve));
  console.log('stopped', await stopped.terminate());
  const text = Array.from({ length: 30000 }, (_, i) => 'line ' + i * 7919).join('\n');
  const packed = zlib.gzipSync(text);
  console.log(packed.length, zlib.gunzipSync(packed).toString() === text, text.match(/\d+77\b/g).length);
  const all = await Promise.all(Array.from({ length: 40 }, (_, i) =>
    new Promise((resolve) =>
      crypto.pbkdf2('p' + i, 'salt', 500, 32, 'sha512', (e, k) => resolve(k.toString('hex'))))));
  console.log(crypto.createHash('md5').update(all.join()).digest('hex'));
  console.log(execFileSync(process.execPath, ['-p', '[1, 2, 3].map(String)']).toString());
  process.exitCode = 4;
})();
