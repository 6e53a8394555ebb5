package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers/mqtt/sparkplug"
	"steward/gateway"
	"steward/gateway/config"
)

const (
	connectTimeout = 10 * time.Second
	answerTimeout  = 10 * time.Second // for a SUBACK
	// filtersAtOnce is how many filters one SUBSCRIBE carries.
	filtersAtOnce = 64
	// deniedRetry is how often a filter that the broker denied is asked for again.
	deniedRetry = time.Minute
	quiesceMS   = 100 // for a DISCONNECT to leave
	// farewellTimeout is how long a clean end waits for the broker to take that
	// our Sparkplug host goes.
	farewellTimeout = 2 * time.Second
)

// session is one connection to the broker.
type session struct {
	src    *source
	broker config.Broker // URL and credentials as they are to be used now
	q      *queue

	up chan struct{} // holds a token when the subscriptions stand

	mu sync.Mutex
	w  *wire
}

// run connects, subscribes, and works until ctx ends (nil) or the connection
// breaks. What came before it broke is still emitted.
func (s *session) run(ctx context.Context, emit gateway.Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	born := s.src.now() // of the Sparkplug host's state on this connection
	client, resumed, err := s.connect(ctx, born)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	failed := make(chan error, 1)
	k := &worker{
		q: s.q, w: s.w, decoder: decoder{routes: s.src.routes, spark: s.src.spark}, st: s.src.st, log: s.src.log,
		warned: s.src.warned, memory: s.src.memory, now: s.src.now, up: s.up, born: born,
		publish: func(c sparkplug.Command) { client.Publish(c.Topic, c.QoS, c.Retained, c.Payload) },
	}
	wg.Go(func() { s.w.watch(s.broker.KeepAlive) })
	wg.Go(func() {
		if err := k.run(ctx, emit); err != nil {
			failed <- err
		}
	})
	err = s.attend(ctx, client, resumed, failed)
	select {
	case <-s.w.dead:
	default:
		cancel() // a clean end: what is not acknowledged comes again
		s.farewell(client)
	}
	client.Disconnect(quiesceMS)
	s.close()
	wg.Wait()
	return err
}

// farewell publishes that our Sparkplug host goes: a disconnect that is meant
// leaves no will. Where the broker does not answer, its will timer tells.
func (s *session) farewell(client paho.Client) {
	if s.src.spark == nil {
		return
	}
	t := client.Publish(sparkplug.StateTopic(s.src.spark.id), 1, true, sparkplug.State(false, s.src.now()))
	t.WaitTimeout(farewellTimeout)
}

// attend subscribes and then waits for the end.
func (s *session) attend(ctx context.Context, client paho.Client, resumed bool, failed <-chan error) error {
	if !resumed || !s.src.subscribed {
		s.forget(client)
		if err := s.subscribe(client, s.src.filters); err != nil {
			return err
		}
	}
	s.src.memory.connected()
	s.up <- struct{}{}
	s.src.showDenied()
	s.src.log.Info("connected", "url", s.broker.URL, "filters", len(s.src.filters), "resumed", resumed)
	retry := time.NewTicker(deniedRetry)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.w.dead:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("connection: %w", s.w.err)
		case err := <-failed:
			return err
		case <-retry.C:
			if denied := s.src.denied; len(denied) > 0 {
				if err := s.subscribe(client, denied); err != nil {
					return err
				}
				s.src.showDenied()
			}
		}
	}
}

// connect makes a paho client and signs in. resumed says that the broker
// still had our session. The will is that of our Sparkplug host's birth.
func (s *session) connect(ctx context.Context, born time.Time) (c paho.Client, resumed bool, err error) {
	b := s.broker
	o := paho.NewClientOptions().AddBroker(b.URL).SetClientID(b.ClientID).
		SetUsername(b.Username).SetPassword(b.Password).
		SetProtocolVersion(4).SetCleanSession(false).
		SetAutoReconnect(false).SetConnectRetry(false).SetAutoAckDisabled(true).
		SetConnectTimeout(connectTimeout).SetWriteTimeout(writeTimeout).
		SetKeepAlive(b.KeepAlive).
		SetPingTimeout(24 * 365 * time.Hour). // wire.watch does it, and knows when we do not listen
		SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
			return s.open(ctx, u)
		})
	if sp := s.src.spark; sp != nil {
		o.SetBinaryWill(sparkplug.StateTopic(sp.id), sparkplug.State(false, born), 1, true)
	}
	c = paho.NewClient(o)
	token := c.Connect().(*paho.ConnectToken)
	stop := context.AfterFunc(ctx, s.close) // ends the wait for CONNACK
	defer stop()
	<-token.Done() // bounded by connectTimeout
	if err := token.Error(); err != nil {
		s.close()
		return nil, false, fmt.Errorf("connect: %w", err)
	}
	return c, token.SessionPresent(), nil
}

// open dials the broker.
func (s *session) open(ctx context.Context, u *url.URL) (net.Conn, error) {
	d := net.Dialer{Timeout: connectTimeout}
	c, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	var socket syscall.RawConn
	if sc, ok := c.(syscall.Conn); ok {
		if socket, err = sc.SyscallConn(); err != nil {
			c.Close()
			return nil, err
		}
	}
	if secure(u.Scheme) {
		conf, err := tlsConfig(s.broker, u.Hostname())
		if err != nil {
			c.Close()
			return nil, err
		}
		t := tls.Client(c, conf)
		shake, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		if err := t.HandshakeContext(shake); err != nil {
			c.Close()
			return nil, fmt.Errorf("TLS: %w", err)
		}
		c = t
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w = newWire(c, socket, s.q, s.src.now)
	if ctx.Err() != nil {
		s.w.Close()
		return nil, ctx.Err()
	}
	return s.w, nil
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w != nil {
		s.w.Close()
	}
}

// secure reports whether the scheme of a broker's URL means TLS.
func secure(scheme string) bool {
	return slices.Contains([]string{"ssl", "tls", "mqtts", "tcps"}, scheme)
}

func tlsConfig(b config.Broker, host string) (*tls.Config, error) {
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if b.CAFile != "" {
		pem, err := os.ReadFile(b.CAFile)
		if err != nil {
			return nil, fmt.Errorf("CA file: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("CA file %s holds no certificate", b.CAFile)
		}
	}
	if b.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(b.CertFile, b.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}

// subscribe asks for filters. What the broker denies goes into src.denied;
// the others work. It is an error when it denies all there are.
func (s *session) subscribe(client paho.Client, filters []string) error {
	var denied []string
	for chunk := range slices.Chunk(filters, filtersAtOnce) {
		want := make(map[string]byte, len(chunk))
		for _, f := range chunk {
			want[f] = s.broker.QoS
		}
		s.w.suback.Store(int32(len(chunk)))
		token := client.SubscribeMultiple(want, nil).(*paho.SubscribeToken)
		if err := s.await(token); err != nil {
			return fmt.Errorf("subscribe to %s: %w", strings.Join(chunk, ", "), err)
		}
		for f, code := range token.Result() {
			if code > 2 {
				denied = append(denied, f)
			}
		}
	}
	slices.Sort(denied)
	s.src.denied, s.src.subscribed = denied, s.broker.QoS > 0
	if len(filters) > 0 && len(denied) == len(s.src.filters) {
		return fmt.Errorf("the broker denies every subscription: %s", strings.Join(denied, ", "))
	}
	return s.src.remember()
}

// forget unsubscribes from what an earlier site file asked for and this one
// does not: the broker's session would deliver it for ever.
func (s *session) forget(client paho.Client) {
	stale := slices.DeleteFunc(s.src.recall(), func(f string) bool { return slices.Contains(s.src.filters, f) })
	for chunk := range slices.Chunk(stale, filtersAtOnce) {
		if err := s.await(client.Unsubscribe(chunk...)); err != nil {
			s.src.log.Warn("could not unsubscribe from what the site no longer uses", "filters", chunk, "error", err)
		}
	}
}

func (s *session) await(t paho.Token) error {
	wait := time.NewTimer(answerTimeout)
	defer wait.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-s.w.dead:
		return s.w.err
	case <-wait.C:
		return errors.New("no answer from the broker")
	}
}
