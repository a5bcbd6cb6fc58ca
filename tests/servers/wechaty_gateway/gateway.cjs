/**
 * A real Wechaty gateway (npm wechaty-puppet-service) around a mocked WeChat (wechaty-puppet-mock).
 *
 * Its one argument is JSON: { port, token, tls, cert, key, ledger, self, rooms, contacts, loggedIn }. With
 * `tls` and no `cert` it has the certificate of the package. Orders come as JSON lines on standard input, { n, do, … }, and are answered by
 * { n, … } on standard output; everything that it accepts to send is reported there as { sent: … }, after it
 * has been written to the ledger and before it is answered. It ends when its standard input ends.
 */
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')
const { createRequire } = require('node:module')

process.env.WECHATY_LOG ||= 'silent'
const fromNpm = createRequire(path.join(__dirname, '../../npm/package.json'))
const { PuppetServer } = fromNpm('wechaty-puppet-service')
const { PuppetMock, mock } = fromNpm('wechaty-puppet-mock')

const TEXT = 7
const options = JSON.parse(process.argv[2])
const mocker = new mock.Mocker()
const faults = { answer: 'ok', times: 0, delay: 0, echo: true, dong: true, milliseconds: true, wording: 'failed' }
const held = []
const runs = { starts: 0, stops: 0, lost: 0 }
let count = 0

const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n')

if (options.ledger && fs.existsSync(options.ledger)) {
  count = fs.readFileSync(options.ledger, 'utf8').split('\n').filter(Boolean).length
}
const ledger = options.ledger ? fs.openSync(options.ledger, 'a') : undefined

class Puppet extends PuppetMock {
  async onStart () {
    runs.starts += 1
    await super.onStart()
  }

  async onStop () {
    runs.stops += 1
    await super.onStop()
  }

  async messageSendText (conversation, text, mentions) {
    return accept(conversation, { text, mentions: mentions || [] })
  }

  async messageSendFile (conversation, file) {
    const buffer = await file.toBuffer()
    return accept(conversation, { text: '', file: file.name, bytes: buffer.length, media: file.mediaType })
  }

  ding (data) {
    if (faults.dong) setImmediate(() => this.emit('dong', { data: data || '' }))
  }
}

/** One message on its way out; what happens to it is decided by `faults`. */
async function accept (conversation, content) {
  const answer = next()
  if (!puppet.isLoggedIn) throw new Error('not logged in')
  if (answer === 'fail') throw new Error(faults.wording)
  if (answer === 'lost') {
    runs.lost += 1
    return new Promise(() => {})
  }
  const group = mocker.cacheRoomPayload.has(conversation)
  if (!group && !mocker.cacheContactPayload.has(conversation)) throw new Error(`no payload found for id ${conversation}`)
  count += 1
  const chat = `${group ? 'group' : 'direct'}:${conversation}`
  const sent = { n: count, at: Date.now() / 1000, chat, message_id: 1000000 + count, ...content }
  if (ledger !== undefined) fs.writeSync(ledger, JSON.stringify(sent) + '\n')
  tell({ sent })
  if (faults.echo) echo(conversation, group, sent)
  if (faults.delay) await new Promise((resolve) => setTimeout(resolve, faults.delay * 1000))
  if (answer === 'failed_after') throw new Error(faults.wording)
  if (answer === 'silent') return new Promise(() => {})
  if (answer === 'late') await new Promise((resolve) => held.push(resolve))
  return answer === 'nameless' ? undefined : String(sent.message_id)
}

function next () {
  if (!faults.times) return faults.answer
  faults.times -= 1
  const answer = faults.answer
  if (!faults.times) faults.answer = 'ok'
  return answer
}

function echo (conversation, group, sent) {
  const target = group ? { roomId: conversation, mentionIdList: sent.mentions } : { listenerId: conversation }
  say({ id: String(sent.message_id), talkerId: options.self.id, text: sent.text, type: sent.file ? 6 : TEXT, ...target })
}

function say (message) {
  const timestamp = faults.milliseconds ? Date.now() : Math.floor(Date.now() / 1000)
  mocker.MessageMock.create({ timestamp, type: TEXT, ...message })
  setImmediate(() => puppet.emit('message', { messageId: message.id }))
}

function contact ({ id, name }) {
  if (!mocker.cacheContactPayload.has(id)) mocker.createContact({ id, name, phone: [], alias: '', handle: id })
}

function room ({ id, topic, members }) {
  mocker.createRoom({ id, topic, memberIdList: members, ownerId: members[0], adminIdList: [] })
}

const orders = {
  say ({ user, name, group, ...message }) {
    contact({ id: user, name })
    say({ talkerId: user, ...(group ? { roomId: group } : { listenerId: options.self.id }), ...message })
  },
  again ({ id }) { puppet.emit('message', { messageId: id }) },
  announce ({ event, payload }) { puppet.emit(event, payload) },
  room (order) {
    room(order)
    puppet.emit('room-join', { inviteeIdList: order.members, inviterId: order.members[0], roomId: order.id, timestamp: Date.now() })
  },
  async topic ({ id, topic }) {
    await puppet.dirtyPayload(3, id)
    mocker.RoomMock.load(id).topic(topic).by(mocker.ContactMock.load(options.self.id))
  },
  faults (changes) { Object.assign(faults, changes) },
  release () { while (held.length) held.shift()() },
  async logout () { await puppet.logout('kicked') },
  scan ({ qrcode }) { mocker.scan(qrcode, 2) },
  login ({ id }) {
    contact({ id: id || options.self.id, name: '送暖' })
    puppet.login(id || options.self.id)
  },
  stats () {},
}

async function obey (line) {
  const { n, do: verb, ...order } = JSON.parse(line)
  try {
    await orders[verb](order)
    tell({ n, count, ...runs, held: held.length })
  } catch (error) {
    tell({ n, error: String(error) })
  }
}

const puppet = new Puppet({ mocker })
puppet.on('error', () => {})

async function main () {
  contact(options.self)
  options.contacts.forEach(contact)
  options.rooms.forEach(room)
  const tls = options.tls ? { serverCert: options.cert, serverKey: options.key } : { disable: true }
  const server = new PuppetServer({ endpoint: `127.0.0.1:${options.port}`, puppet, token: options.token, tls })
  await puppet.start()
  await server.start()
  if (options.loggedIn) puppet.login(options.self.id)
  const [address] = server.grpcServer.boundPorts.keys()
  tell({ port: Number(address.split(':').pop()) })
  readline.createInterface({ input: process.stdin }).on('line', obey).on('close', () => process.exit(0))
}

main()
