import { connect, type TLSSocket } from 'node:tls'
import { takeMessage, USUAL } from './naive.testkit.js'

export type RawConnection = {
  readonly write: (text: string) => void
  /** The next answer, head and content; what is there, where the connection ends before. */
  readonly answer: () => Promise<string>
  readonly ended: Promise<void>
  readonly close: () => void
  readonly socket: TLSSocket
}

export type RawOptions = { readonly servername?: string; readonly ALPNProtocols?: string[]; readonly cert?: string; readonly key?: string }

/** Sends exactly these bytes over TLS. */
export async function rawConnection(port: number, options: RawOptions = {}): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'api.test', rejectUnauthorized: false, ...options })
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  let text = ''
  let isOver = false
  let look: () => void = () => undefined
  const ended = new Promise<void>((resolve) =>
    socket.once('close', () => {
      isOver = true
      look()
      resolve()
    }),
  )
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    look()
  })
  return {
    socket,
    ended,
    write: (sent) => void socket.write(sent, 'latin1'),
    close: () => void socket.destroy(),
    answer: () =>
      new Promise((resolve) => {
        look = () => {
          const message = takeMessage(text, USUAL)
          if (!message && !isOver) return
          look = () => undefined
          const whole = message ? text.slice(0, text.length - message.rest.length) : text
          text = message?.rest ?? ''
          resolve(whole)
        }
        look()
      }),
  }
}

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
