import { connect } from 'node:tls'

/**
 * Sends prepared requests over HTTPS connections that stay open, one at a time on each: no more than a socket and a search for the end
 * of the answer, so that the machine's time goes to what is measured.
 * @typedef {{ seconds: number, latencies: readonly number[] }} Load seconds for all of them, milliseconds of each
 */

/**
 * @param {number} port
 * @param {number} size
 */
export async function openConnections(port, size) {
  const connections = await Promise.all(Array.from({ length: size }, () => open(port)))
  return {
    /** Rejects where one is not answered 200.
     * @param {readonly Buffer[]} requests
     * @returns {Promise<Load>} */
    send: async (requests) => {
      /** @type {number[]} */
      const latencies = []
      let next = 0
      const startedAt = performance.now()
      await Promise.all(
        connections.map(async (ask) => {
          for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
            const sentAt = performance.now()
            await ask(request)
            latencies.push(performance.now() - sentAt)
          }
        }),
      )
      return { seconds: (performance.now() - startedAt) / 1000, latencies }
    },
    close: () => connections.forEach((ask) => ask.end()),
  }
}

/** @param {import('./world.mjs').Request} request */
export const wireOf = ({ method, target, headers }) =>
  Buffer.from(`${method} ${target} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1')

/** @param {number} port
 * @returns {Promise<((request: Buffer) => Promise<void>) & { end: () => void }>} */
function open(port) {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }).setNoDelay()
  /** @type {{ resolve: () => void, reject: (reason: Error) => void } | undefined} */
  let waiting
  let received = ''
  /** @param {Error} reason */
  const fail = (reason) => waiting?.reject(reason)
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const end = endOf(received)
    if (end === undefined) return
    const answer = received
    received = ''
    if (end !== answer.length || !answer.startsWith('HTTP/1.1 200 ')) fail(new Error(`an honest request was answered ${answer.slice(0, 400)}`))
    else waiting?.resolve()
  })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the server closed the connection')))
  /** @param {Buffer} request
   * @returns {Promise<void>} */
  const ask = (request) =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      socket.write(request)
    })
  return new Promise((resolve, reject) => {
    waiting = { resolve: () => {}, reject }
    socket.once('secureConnect', () => resolve(Object.assign(ask, { end: () => socket.destroy() })))
  })
}

/** Where the one answer ends; undefined while it is not all there.
 * @param {string} received */
function endOf(received) {
  const head = received.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const end = head + 4 + Number(/\r\ncontent-length: (\d+)\r\n/i.exec(received)?.[1] ?? 0)
  return received.length < end ? undefined : end
}
