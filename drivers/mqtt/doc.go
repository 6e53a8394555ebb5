// Package mqtt reads equipment that speaks MQTT: one source per broker of the
// site, with the topics of its assets.
//
// # Nothing acknowledged is lost
//
// The session is persistent (clean session off, stable client ID), and a QoS 1
// message is acknowledged only after Emit has returned nil, in the order of
// arrival. What was not acknowledged is delivered again by the broker; a
// message that is re-sent on the same connection while it still waits here is
// recognised by its packet ID and not taken twice.
//
// # Back-pressure
//
// Messages wait in a bounded queue. When it is full, because the journal
// blocks, the driver stops reading from the connection, and TCP passes that on
// to the broker: it keeps QoS 1 messages in the session, and it bounds QoS 0
// ones by itself. The driver goes on pinging meanwhile, so the broker does not
// take it for dead. Brokers bound their queues: mosquitto keeps 1,000 messages
// a client and then drops even QoS 1 ones unless max_queued_messages is
// raised, and its max_inflight_messages of 20 limits a batch here to 20.
//
// # Who does what
//
// paho dials, signs in, subscribes and disconnects. PUBLISH and PUBACK do not
// travel through it: the connection that it is given takes them out of the
// stream, and sends a batch's acknowledgements in one write. That saves five
// goroutine hops and 18 allocations a message, 34 at QoS 1 (BenchmarkBroker
// beside BenchmarkPahoAlone).
//
// While messages come fast the reader looks once a millisecond instead of
// once a message; so batches form by themselves, each with one fsync and one
// write. A lone message does not wait.
//
// # What quality says
//
//   - A retained message makes uncertain values, "retained", until a fresh one
//     comes. After a broken connection the driver does not subscribe again to
//     what the broker's session still holds, so old retained values do not
//     come back to spoil good ones.
//   - Only an availability or last-will topic says lost. "Online" invents no
//     values: lost stays until the next message.
//   - A connection to the broker that is down for 2 minutes makes the last
//     values of each asset uncertain, "no connection to the broker", in one
//     reading whose time is just behind the newest of them; bad, lost and stale
//     ones stay what they are. It is looked at before each attempt to connect,
//     so it may take 50 s longer. Nothing makes them good again but the next
//     fresh message. A shorter outage says nothing about a sensor that reports
//     once an hour; the broker's status shows down at once.
//   - A source time that is implausible or unreadable is replaced by the time
//     of arrival, uncertain. A message without a time where the mapping expects
//     one has the time of arrival and is good: it is fresh, only unstamped.
//   - An element of a backfill array is uncertain, "backfilled". One without a
//     plausible time is dropped and counted, never taken as now.
//
// gateway/decisions/0005-doubt.md says why. A topic that is marked current is
// a last will's: what is retained there is of now. Where a mapping says what
// makes its payload valid, values of one that is not are bad.
//
// # Sparkplug
//
// On a broker that the site file says so of, the driver is a Sparkplug B host
// application too (package sparkplug): it publishes its state, with the will
// of the same time, asks nodes for births, and reads by what these say. Its
// messages come at QoS 0 beside the others: what is missing is found by the
// sequence, not by the broker. A refused batch is handed over again as it was
// decoded, because a sequence cannot be read twice.
//
// # What is counted
//
// A topic no asset claims is unknown. A payload that is not what its mapping
// says is undecodable, and so is one in which no field of any of its mappings
// is present, unless a When path or an absent Each array says that it was
// meant for somebody else (a Shelly device reports many components on one
// topic; give its mapping a When). Both are acknowledged, counted, and shown
// with the newest samples. An empty payload clears a retained one: it is
// received and nothing more.
package mqtt
