package mqtt

import (
	"fmt"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// Decoder turns messages into readings as a broker's source does, without a
// connection: to try what a payload gives, and to test profiles. It is not for
// concurrent use.
type Decoder struct{ d decoder }

// Message is one message as a broker delivers it.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool
	Received time.Time
}

// NewDecoder makes the decoder of one broker of a site; a Sparkplug host in it
// takes its connection to stand since the time given.
func NewDecoder(c *config.Config, broker string, connected time.Time) (*Decoder, error) {
	at := slices.IndexFunc(c.Brokers, func(b config.Broker) bool { return b.ID == broker })
	if at < 0 {
		return nil, fmt.Errorf("the site has no broker %q", broker)
	}
	ms, err := compile(c, broker)
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", broker, err)
	}
	spark, err := newSpark(c, &c.Brokers[at])
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", broker, err)
	}
	d := &Decoder{decoder{routes: newRoutes(ms), spark: spark}}
	if spark != nil {
		err = spark.connected(&d.d, connected, connected)
	}
	return d, err
}

// Decode returns what a message gives, and why it, or a part of it, cannot be
// used. The readings are the caller's.
func (d *Decoder) Decode(m Message) ([]gateway.Reading, error) {
	d.d.reset()
	_, err := d.d.message(&message{
		topic: m.Topic, payload: string(m.Payload), size: len(m.Payload), retained: m.Retained, received: m.Received,
	})
	return d.readings(), err
}

// Tick returns what time alone gives: a Sparkplug host waits no longer.
func (d *Decoder) Tick(now time.Time) ([]gateway.Reading, error) {
	if d.d.spark == nil {
		return nil, nil
	}
	d.d.reset()
	err := d.d.spark.tick(&d.d, now)
	return d.readings(), err
}

// Published returns the topics that a Sparkplug host has published to since
// the last call.
func (d *Decoder) Published() []string {
	if d.d.spark == nil {
		return nil
	}
	var topics []string
	for _, c := range d.d.spark.commands {
		topics = append(topics, c.Topic)
	}
	d.d.spark.commands = d.d.spark.commands[:0]
	return topics
}

func (d *Decoder) readings() []gateway.Reading {
	out := slices.Clone(d.d.collected())
	for i := range out {
		out[i].Values = slices.Clone(out[i].Values)
	}
	return out
}
