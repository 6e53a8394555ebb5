package mqtt

import (
	"context"
	"log/slog"
	"time"

	"steward/drivers"
	"steward/drivers/mqtt/sparkplug"
	"steward/gateway"
)

// batchMessages is how many messages one Emit carries at most.
const batchMessages = 512

// emitRetries is how often a refused batch is tried again, over some 4 s.
const emitRetries = 8

// worker takes messages off a connection's queue, decodes and emits them, and
// acknowledges them when they are on disk.
type worker struct {
	q       *queue
	w       *wire
	decoder decoder
	st      *status
	log     *slog.Logger
	warned  map[*mapping]bool // undecodable once logged; kept over connections
	memory  *memory           // of what is on disk; kept over connections
	acks    []byte
	now     func() time.Time
	up      <-chan struct{} // a token: the subscriptions stand
	born    time.Time       // of the Sparkplug host's state
	publish func(sparkplug.Command)
}

// run works until ctx ends, Emit fails, or the queue is closed and empty:
// what came before the connection broke is still emitted.
func (k *worker) run(ctx context.Context, emit gateway.Emit) error {
	var done *inbox
	var tick <-chan time.Time // nil: never
	if k.decoder.spark != nil {
		t := time.NewTicker(sparkTick)
		defer t.Stop()
		tick = t.C
	}
	for {
		if err := k.timely(ctx, emit, tick); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		b := k.q.take(done)
		done = b
		if b == nil {
			select {
			case <-k.q.wake:
				continue
			case <-tick:
				if err := k.tick(ctx, emit); err != nil && ctx.Err() == nil {
					return err
				}
				continue
			case <-k.up:
				if err := k.connected(ctx, emit); err != nil && ctx.Err() == nil {
					return err
				}
				continue
			case <-ctx.Done():
				return nil
			case <-k.w.dead:
				if b = k.q.take(nil); b == nil {
					return nil
				}
				done = b
			}
		}
		if err := k.inbox(ctx, emit, b); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// timely does what the Sparkplug host owes to time while messages never cease.
func (k *worker) timely(ctx context.Context, emit gateway.Emit, tick <-chan time.Time) error {
	select {
	case <-tick:
		return k.tick(ctx, emit)
	case <-k.up:
		return k.connected(ctx, emit)
	default:
		return nil
	}
}

func (k *worker) tick(ctx context.Context, emit gateway.Emit) error {
	k.decoder.reset()
	return k.spark(ctx, emit, k.decoder.spark.tick(&k.decoder, k.now()))
}

func (k *worker) connected(ctx context.Context, emit gateway.Emit) error {
	if k.decoder.spark == nil {
		return nil
	}
	k.decoder.reset()
	return k.spark(ctx, emit, k.decoder.spark.connected(&k.decoder, k.now(), k.born))
}

// spark emits what the Sparkplug host gave out by itself, and publishes what
// it asks for. err is of messages that were held: they were not all of use.
func (k *worker) spark(ctx context.Context, emit gateway.Emit, err error) error {
	if err != nil {
		k.log.Warn("a Sparkplug message that was held cannot be used", "reason", err)
	}
	err = k.emit(ctx, emit, "", nil)
	k.command()
	return err
}

// command publishes what the Sparkplug host wants said. Nobody waits for it:
// where it is lost the connection is, and the next one begins anew.
func (k *worker) command() {
	t := k.decoder.spark
	for _, c := range t.commands {
		k.publish(c)
	}
	for _, n := range t.silent {
		k.log.Warn("a Sparkplug node does not answer when asked for its birth; asking on, more and more rarely", "node", n)
	}
	t.commands, t.silent = t.commands[:0], t.silent[:0]
}

// inbox emits and acknowledges what an inbox holds, batch by batch.
func (k *worker) inbox(ctx context.Context, emit gateway.Emit, b *inbox) error {
	text := string(b.buf) // one copy for all: topics and payloads are parts of it
	for rest := b.packets; len(rest) > 0; {
		n := min(len(rest), batchMessages)
		k.decode(text, rest[:n])
		if err := k.emit(ctx, emit, text, rest[:n]); err != nil {
			return err
		}
		k.acknowledge(rest[:n])
		if k.decoder.spark != nil {
			k.command()
		}
		rest = rest[n:]
	}
	return nil
}

// decode collects the readings of the packets, and counts.
func (k *worker) decode(text string, ps []packet) {
	k.decoder.reset()
	k.st.received(len(ps))
	for i := range ps {
		m := ps[i].message(text)
		k.decoder.origin = i
		v, err := k.decoder.message(&m)
		if err == nil {
			continue
		}
		k.st.refused(v, &m, err.Error())
		if mp := k.decoder.suspect; v == undecodable && !k.warned[mp] {
			k.warned[mp] = true
			k.log.Warn("payload cannot be decoded; further ones of this mapping are only counted",
				"asset", mp.asset, "topic", clip(m.topic, sampleBytes), "reason", err)
		}
	}
}

// message returns the packet's message; text is what its inbox holds.
func (p *packet) message(text string) message {
	return message{
		topic: text[p.start:p.topicEnd], payload: text[p.topicEnd:p.end],
		size: p.size, retained: p.retained, received: p.received,
	}
}

// emit hands the collected readings over. A refusal while ctx lives means that
// the journal does not know an asset: it may be about to (a reload), so the
// batch is tried again for some seconds, and then message by message. One that
// is refused alone is counted, shown, and let go: nothing could ever store it.
func (k *worker) emit(ctx context.Context, emit gateway.Emit, text string, ps []packet) error {
	r := k.decoder.collected()
	if len(r) == 0 {
		return nil
	}
	pause := drivers.Backoff{Min: 50 * time.Millisecond, Max: time.Second}
	for try := 0; ; try++ {
		err := emit(ctx, r)
		if err == nil {
			k.memory.note(r)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if try == emitRetries {
			k.log.Error("readings are refused; message by message now", "readings", len(r), "error", err)
			break
		}
		wait := time.NewTimer(pause.Next())
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
	}
	return k.emitOneByOne(ctx, emit, r, text, ps)
}

// emitOneByOne emits the readings message by message. They are not decoded
// again: what a Sparkplug message means depends on those before it.
func (k *worker) emitOneByOne(ctx context.Context, emit gateway.Emit, r []gateway.Reading, text string, ps []packet) error {
	for from := 0; from < len(r); {
		origin, to := k.decoder.origins[from], from+1
		for to < len(r) && k.decoder.origins[to] == origin {
			to++
		}
		err := emit(ctx, r[from:to])
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			k.memory.note(r[from:to])
		case origin < len(ps):
			m := ps[origin].message(text)
			k.st.refused(undecodable, &m, "refused: "+err.Error())
		default:
			k.log.Warn("a reading is refused", "asset", r[from].Asset, "error", err)
		}
		from = to
	}
	return nil
}

// acknowledge sends the PUBACKs of the packets in one write. A failure needs
// no word: the connection is broken then, and the broker sends them again.
func (k *worker) acknowledge(ps []packet) {
	k.acks = k.acks[:0]
	for i := range ps {
		if ps[i].qos > 0 {
			k.acks = append(k.acks, typePuback<<4, 2, byte(ps[i].id>>8), byte(ps[i].id))
		}
	}
	if len(k.acks) == 0 {
		return
	}
	k.q.acknowledged(ps)
	if _, err := k.w.Write(k.acks); err == nil {
		k.st.acked(len(k.acks) / 4)
	}
}
