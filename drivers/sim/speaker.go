package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"steward/gateway/config"
)

const (
	mqttPatience = 10 * time.Second       // for a connection, a publish
	firstPause   = 500 * time.Millisecond // before another connection
	longestPause = 10 * time.Second
	sayAfter     = 3 // tries: a broker that is just starting is no news
	bridgeState  = "zigbee2mqtt/bridge/state"
)

// speaker is one MQTT client of the field with the devices behind it. A new
// client is made for each connection: with the library's own reconnecting a
// publish can be reported as done that never arrived.
type speaker struct {
	field   *Field
	name    string
	broker  config.Broker
	family  family
	talkers []*talker
	changed chan struct{} // filled when there may be something to say
	rng     *rand.Rand
}

// brokerAddress is the host:port of a broker the simulator may use.
func brokerAddress(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("URL %q: %w", raw, err)
	}
	if u.Scheme != "tcp" && u.Scheme != "mqtt" {
		return "", fmt.Errorf("URL %s: the simulator speaks plain MQTT (tcp://) only", raw)
	}
	return u.Host, loopback(u.Host)
}

// run keeps the client connected until ctx ends. A broker that stays away is
// said once, and again with the number of tries when it is back.
func (s *speaker) run(ctx context.Context) {
	log := s.field.opt.Log.With("broker", s.broker.ID, "client", s.name)
	tries, pause := 0, firstPause
	for ctx.Err() == nil {
		err := s.session(ctx, func() {
			if tries >= sayAfter {
				log.Info("simulated devices are connected again", "tries", tries)
			}
			tries, pause = 0, firstPause
		})
		if ctx.Err() != nil {
			return
		}
		if tries++; tries == sayAfter {
			log.Warn("simulated devices cannot reach their broker, trying on", "error", err)
		}
		wait := time.NewTimer(pause/2 + time.Duration(s.rng.Int64N(int64(pause))))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		pause = min(pause*2, longestPause)
	}
}

// session is one connection from CONNECT to its loss or the end of ctx.
func (s *speaker) session(ctx context.Context, connected func()) error {
	lost := make(chan error, 1)
	client := paho.NewClient(s.options(lost))
	if err := wait(ctx, lost, client.Connect()); err != nil {
		client.Disconnect(0)
		return fmt.Errorf("connect %s: %w", s.broker.URL, err)
	}
	defer client.Disconnect(50)
	for _, t := range s.talkers {
		t.rounds, t.due, t.absent = 0, time.Time{}, false
	}
	if err := s.publish(ctx, lost, client, s.greeting(true)); err != nil {
		return err
	}
	connected()
	for {
		if err := s.publish(ctx, lost, client, s.collect()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			s.farewell(lost, client)
			return nil
		case err := <-lost:
			return fmt.Errorf("connection lost: %w", err)
		case <-s.changed:
		}
	}
}

func (s *speaker) options(lost chan<- error) *paho.ClientOptions {
	o := paho.NewClientOptions().
		AddBroker(s.broker.URL).
		SetClientID("sim-" + s.field.cfg.Site.ID + "-" + s.name).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(mqttPatience).
		SetWriteTimeout(mqttPatience).
		SetKeepAlive(30 * time.Second).
		SetConnectionLostHandler(func(_ paho.Client, err error) {
			select {
			case lost <- err:
			default:
			}
		})
	if f := s.field.opt.MQTTUser; f != nil {
		o.SetUsername(f(s.broker.ID))
	}
	if f := s.field.opt.MQTTPassword; f != nil {
		o.SetPassword(f(s.broker.ID))
	}
	if gone := s.greeting(false); len(gone) > 0 {
		o.SetBinaryWill(gone[0].topic, gone[0].body, gone[0].qos, gone[0].retained)
	}
	return o
}

// shared are the availability topics that speak for several devices, such as
// the state of their bridge.
func (s *speaker) shared() map[string]bool {
	count := map[string]int{}
	for _, t := range s.talkers {
		for _, p := range t.presence {
			count[p.topic]++
		}
	}
	out := map[string]bool{bridgeState: true}
	for topic, n := range count {
		if n > 1 {
			out[topic] = true
		}
	}
	return out
}

// greeting is what the client says of itself and its devices on coming or
// going; the first of it is its last will.
func (s *speaker) greeting(online bool) []outgoing {
	shared := s.shared()
	said := map[string]bool{}
	var out []outgoing
	for _, t := range s.talkers {
		for _, p := range t.presence {
			if shared[p.topic] && !said[p.topic] {
				said[p.topic] = true
				out = append(out, (&talker{presence: []presence{p}}).present(nil, online)...)
			}
		}
	}
	if s.family == zigbee2mqtt && !said[bridgeState] && s.tellsPresence() {
		state := `{"state":"offline"}`
		if online {
			state = `{"state":"online"}`
		}
		out = append(out, outgoing{topic: bridgeState, body: []byte(state), qos: 1, retained: true})
	}
	for _, t := range s.talkers {
		out = append(out, t.present(shared, online)...)
	}
	return out
}

// tellsPresence reports whether the site listens to availability at all; where
// it does not, nobody would know what the bridge's state is about.
func (s *speaker) tellsPresence() bool {
	return slices.ContainsFunc(s.talkers, func(t *talker) bool { return len(t.presence) > 0 })
}

// collect asks every device for what it has to say.
func (s *speaker) collect() []outgoing {
	shared := s.shared()
	s.field.mu.Lock()
	defer s.field.mu.Unlock()
	var out []outgoing
	now := s.field.opt.Now()
	for _, t := range s.talkers {
		out = append(out, t.round(now, s.rng, shared)...)
	}
	return out
}

// publish sends messages one after another, each until the broker has it.
func (s *speaker) publish(ctx context.Context, lost <-chan error, client paho.Client, out []outgoing) error {
	for _, m := range out {
		if err := wait(ctx, lost, client.Publish(m.topic, m.qos, m.retained, m.body)); err != nil {
			if errors.Is(err, context.Canceled) {
				return nil // the caller says goodbye
			}
			return fmt.Errorf("publish %s: %w", m.topic, err)
		}
	}
	return nil
}

// farewell says that the devices are gone, as a clean end sends no will.
func (s *speaker) farewell(lost <-chan error, client paho.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.publish(ctx, lost, client, s.greeting(false)); err != nil {
		s.field.opt.Log.Debug("simulated devices could not say goodbye", "client", s.name, "error", err)
	}
}

// wait waits until the broker has answered, the connection is lost or ctx
// ends.
func wait(ctx context.Context, lost <-chan error, token paho.Token) error {
	patience := time.NewTimer(mqttPatience)
	defer patience.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case err := <-lost:
		return fmt.Errorf("connection lost: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return fmt.Errorf("no answer within %s", mqttPatience)
	}
}
