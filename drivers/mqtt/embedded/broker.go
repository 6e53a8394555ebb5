// Package embedded is the MQTT broker inside the gateway, for a site that has
// no other: the MQTT 3.1.1 listener of a NATS server, which keeps sessions,
// retained messages and QoS 1 messages on disk, synced before it acknowledges.
//
// Nobody connects without a name and a password, and every user may publish
// and subscribe only where the site file says so. The server's own protocol
// is not listened for. Limits to know: client IDs and topics must not contain
// white space (the server closes such a connection and logs why), a payload
// is at most 1 MiB, and a full store refuses QoS 1 messages.
package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"steward/gateway/config"
)

const (
	ackWait      = 5 * time.Second // before an unacknowledged QoS 1 message is sent again
	startTimeout = 10 * time.Second
	maxPayload   = 1<<20 + 4096 // with the server's own headers
	// defaultMaxBytes bounds the store where the site does not.
	defaultMaxBytes = 1 << 30
	maxMemory       = 16 << 20
)

// Options says how the broker runs.
type Options struct {
	Name     string
	Listen   string // host:port; without a host: loopback; port 0: any free one
	Dir      string // of its store
	MaxBytes int64  // of its store; 0: 1 GiB
	Users    []config.BrokerUser
	Log      *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	srv      *server.Server
	log      *logger
	addr     string
	user     string
	password string
	close    sync.Once
}

// Start starts the broker and returns when it accepts connections.
func Start(o Options) (*Broker, error) {
	host, port, err := listenAddress(o.Listen)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	b := &Broker{log: &logger{log: o.Log, now: time.Now}, user: "gateway-" + rand.Text(), password: rand.Text()}
	users, err := b.users(o.Users)
	if err != nil {
		return nil, err
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	opts := &server.Options{
		ServerName: "steward-" + o.Name,
		DontListen: true, NoSigs: true, NoLog: false,
		MaxPayload: maxPayload,
		JetStream:  true, StoreDir: o.Dir, SyncAlways: true,
		JetStreamMaxStore: o.MaxBytes, JetStreamMaxMemory: maxMemory,
		Users: users,
		MQTT:  server.MQTTOpts{Host: host, Port: port, AckWait: ackWait},
	}
	b.srv, err = server.NewServer(opts)
	if err != nil {
		return nil, err
	}
	b.srv.SetLoggerV2(b.log, false, false, false)
	b.srv.Start()
	if err := b.ready(); err != nil {
		b.Close()
		return nil, fmt.Errorf("listen on %s: %w", o.Listen, err)
	}
	b.addr = net.JoinHostPort(host, strconv.Itoa(opts.MQTT.Port))
	return b, nil
}

// ready waits until the broker accepts connections or has said why not.
func (b *Broker) ready() error {
	for end := time.Now().Add(startTimeout); time.Now().Before(end); {
		if b.srv.ReadyForConnections(50 * time.Millisecond) {
			return nil
		}
		if err := b.log.fatal(); err != nil {
			return err
		}
	}
	return fmt.Errorf("not within %s", startTimeout)
}

// Addr returns where the broker listens: host:port.
func (b *Broker) Addr() string { return b.addr }

// User returns the name of the gateway's own user, who may do everything. It
// is new at every start.
func (b *Broker) User() string { return b.user }

// Password returns the password of the gateway's own user.
func (b *Broker) Password() string { return b.password }

// Close stops the broker and returns when it has.
func (b *Broker) Close() {
	b.close.Do(func() {
		b.srv.Shutdown()
		b.srv.WaitForShutdown()
	})
}

// listenAddress splits an address; the server wants -1 for any port.
func listenAddress(listen string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: %w", listen, err)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n > math.MaxUint16 {
		return "", 0, fmt.Errorf("listen address %q: port %q is not a number from 0 to 65535", listen, text)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if n == 0 {
		return host, -1, nil
	}
	return host, int(n), nil
}

// users makes the server's accounts: the gateway's own, and the site's.
func (b *Broker) users(site []config.BrokerUser) ([]*server.User, error) {
	out := []*server.User{{Username: b.user, Password: b.password}}
	var errs []error
	for _, u := range site {
		if u.Name == "" || u.Password == "" {
			errs = append(errs, fmt.Errorf("user %q needs a name and a password", u.Name))
			continue
		}
		publish, err := subjects(u.Publish)
		if err != nil {
			errs = append(errs, fmt.Errorf("user %s: publish: %w", u.Name, err))
		}
		subscribe, err := subjects(u.Subscribe)
		if err != nil {
			errs = append(errs, fmt.Errorf("user %s: subscribe: %w", u.Name, err))
		}
		out = append(out, &server.User{
			Username: u.Name, Password: u.Password,
			Permissions: &server.Permissions{
				// Subscriptions to $MQTT are refused by the server itself.
				Publish: permit(publish, append(internal(), "$MQTT.>")), Subscribe: permit(subscribe, internal()),
			},
		})
	}
	return out, errors.Join(errs...)
}

// permit allows the subjects and nothing else. An empty list would allow all.
func permit(allow, deny []string) *server.SubjectPermission {
	if len(allow) == 0 {
		return &server.SubjectPermission{Deny: []string{">"}}
	}
	return &server.SubjectPermission{Allow: allow, Deny: deny}
}
