package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway/config"
)

const patience = 20 * time.Second

func start(t *testing.T, dir string, users ...config.BrokerUser) *Broker {
	t.Helper()
	b, err := Start(Options{Name: "main", Listen: ":0", Dir: dir, Users: users, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// client connects with paho and takes every message on the channel.
func client(t *testing.T, b *Broker, id, user, password string, clean bool) (paho.Client, chan string, error) {
	t.Helper()
	got := make(chan string, 1000)
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID(id).SetUsername(user).SetPassword(password).
		SetAutoReconnect(false).SetCleanSession(clean).SetProtocolVersion(4).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { got <- m.Topic() + " " + string(m.Payload()) }))
	tok := c.Connect()
	if !tok.WaitTimeout(patience) {
		t.Fatal("no answer to CONNECT")
	}
	t.Cleanup(func() { c.Disconnect(50) })
	return c, got, tok.Error()
}

func mustClient(t *testing.T, b *Broker, id, user, password string, clean bool) (paho.Client, chan string) {
	t.Helper()
	c, got, err := client(t, b, id, user, password, clean)
	if err != nil {
		t.Fatal(err)
	}
	return c, got
}

// subscribe returns the code of the SUBACK.
func subscribe(t *testing.T, c paho.Client, filter string) byte {
	t.Helper()
	tok := c.Subscribe(filter, 1, nil).(*paho.SubscribeToken)
	if !tok.WaitTimeout(patience) {
		t.Fatal("no SUBACK")
	}
	return tok.Result()[filter]
}

// pub publishes with mosquitto's client at QoS 1.
func pub(t *testing.T, b *Broker, user, password, topic, payload string, args ...string) error {
	t.Helper()
	_, port, _ := net.SplitHostPort(b.Addr())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"-h", "127.0.0.1", "-p", port, "-q", "1", "-t", topic, "-m", payload}, args...)
	if user != "" {
		args = append(args, "-u", user, "-P", password)
	}
	if out, err := exec.CommandContext(ctx, mqtttest.Tool(t, "mosquitto_pub"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// next returns the next message.
func next(t *testing.T, got chan string) string {
	t.Helper()
	select {
	case m := <-got:
		return m
	case <-time.After(patience):
		t.Fatal("no message")
		return ""
	}
}

func TestNobodyWithoutPassword(t *testing.T) {
	b := start(t, t.TempDir(), config.BrokerUser{Name: "z2m", Password: "secret", Publish: []string{"#"}})
	for _, u := range [][2]string{{"", ""}, {"z2m", "wrong"}, {"z2m", ""}, {"other", "secret"}, {b.User(), "guess"}} {
		if err := pub(t, b, u[0], u[1], "a", "1"); err == nil {
			t.Errorf("user %q with password %q was let in", u[0], u[1])
		}
	}
	if err := pub(t, b, "z2m", "secret", "a", "1"); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(b.Addr(), "127.0.0.1:") {
		t.Errorf("listens on %s, want loopback", b.Addr())
	}
}

func TestPermissionsDenyByDefault(t *testing.T) {
	b := start(t, t.TempDir(),
		config.BrokerUser{Name: "z2m", Password: "p", Publish: []string{"zigbee2mqtt/#", "odd.name//x", "v1.0/+/up"}, Subscribe: []string{"zigbee2mqtt/+/set"}},
		config.BrokerUser{Name: "all", Password: "p", Publish: []string{"#"}, Subscribe: []string{"#"}},
		config.BrokerUser{Name: "none", Password: "p"},
	)
	own, got := mustClient(t, b, "own", b.User(), b.Password(), true)
	if code := subscribe(t, own, "#"); code != 1 {
		t.Fatalf("the gateway's own subscription: code %#x", code)
	}
	// What is denied must not arrive: the marker behind it does.
	for _, c := range []struct {
		user, topic string
		allowed     bool
	}{
		{"z2m", "zigbee2mqtt/a/b", true}, {"z2m", "zigbee2mqtt", true}, {"z2m", "odd.name//x", true}, {"z2m", "v1.0/a/up", true},
		{"z2m", "zigbee2mqttx", false}, {"z2m", "other", false}, {"z2m", "odd/name//x", false}, {"z2m", "v1/0/a/up", false},
		{"z2m", "v1.0/a/b/up", false}, {"none", "a", false}, {"all", "any/thing", true},
	} {
		if err := pub(t, b, c.user, "p", c.topic, "1"); err != nil {
			t.Errorf("%s publishes to %s: %v", c.user, c.topic, err)
			continue
		}
		if err := pub(t, b, "all", "p", "marker", c.topic); err != nil {
			t.Fatal(err)
		}
		m := next(t, got)
		if arrived := m == c.topic+" 1"; arrived != c.allowed {
			t.Errorf("%s publishes to %s: arrived %t, want %t (%s)", c.user, c.topic, arrived, c.allowed, m)
		}
		if strings.HasPrefix(m, c.topic+" ") {
			m = next(t, got)
		}
		if m != "marker "+c.topic {
			t.Errorf("got %q, want the marker", m)
		}
	}
	z2m, _ := mustClient(t, b, "z2m", "z2m", "p", true)
	none, _ := mustClient(t, b, "none", "none", "p", true)
	all, _ := mustClient(t, b, "all", "all", "p", true)
	for _, c := range []struct {
		name   string
		client paho.Client
		filter string
		code   byte
	}{
		{"z2m", z2m, "zigbee2mqtt/lamp/set", 1}, {"z2m", z2m, "zigbee2mqtt/+/set", 1}, {"z2m", z2m, "zigbee2mqtt/#", 0x80},
		{"z2m", z2m, "#", 0x80}, {"none", none, "a", 0x80}, {"all", all, "#", 1}, {"all", all, "$SYS/#", 0x80}, {"all", all, "$JS/#", 0x80}, {"all", all, "$MQTT/msgs/+", 0x80},
	} {
		if code := subscribe(t, c.client, c.filter); code != c.code {
			t.Errorf("%s subscribes to %s: code %#x, want %#x", c.name, c.filter, code, c.code)
		}
	}
}

func TestServerStreamsAreOutOfReach(t *testing.T) {
	b := start(t, t.TempDir(), config.BrokerUser{Name: "all", Password: "p", Publish: []string{"#"}})
	own, got := mustClient(t, b, "own", b.User(), b.Password(), true)
	subscribe(t, own, "t")
	for _, topic := range []string{"$JS/API/STREAM/DELETE/$MQTT_msgs", "$MQTT/msgs/t"} {
		if err := pub(t, b, "all", "p", topic, "forged"); err != nil {
			t.Logf("%s: %v", topic, err)
		}
	}
	if err := pub(t, b, "all", "p", "t", "1"); err != nil {
		t.Fatal(err)
	}
	if m := next(t, got); m != "t 1" {
		t.Errorf("got %q, want t 1", m)
	}
}

func TestRestartKeepsSessionsAndRetained(t *testing.T) {
	dir := t.TempDir()
	user := config.BrokerUser{Name: "u", Password: "p", Publish: []string{"#"}, Subscribe: []string{"#"}}
	b := start(t, dir, user)
	c, _ := mustClient(t, b, "keeper", "u", "p", false)
	subscribe(t, c, "t/#")
	c.Disconnect(100)
	for i := range 20 {
		if err := pub(t, b, "u", "p", "t/x", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := pub(t, b, "u", "p", "r", "kept", "-r"); err != nil {
		t.Fatal(err)
	}
	b.Close()

	b = start(t, dir, user)
	c, got := mustClient(t, b, "keeper", "u", "p", false)
	for i := range 20 {
		if m, want := next(t, got), fmt.Sprintf("t/x %d", i); m != want {
			t.Fatalf("got %q, want %q", m, want)
		}
	}
	subscribe(t, c, "r")
	if m := next(t, got); m != "r kept" {
		t.Errorf("retained: %q", m)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	user := func(name, password, filter string) []config.BrokerUser {
		return []config.BrokerUser{{Name: name, Password: password, Publish: []string{filter}}}
	}
	for _, c := range []struct {
		listen string
		users  []config.BrokerUser
		want   string
	}{
		{l.Addr().String(), nil, "address already in use"},
		{"1883", nil, "missing port"},
		{"127.0.0.1:x", nil, "not a number from 0 to 65535"},
		{":0", user("a", "", "a"), "needs a name and a password"},
		{":0", user("a", "p", "a b"), "user a: publish: filter \"a b\""},
	} {
		_, err := Start(Options{Name: "x", Listen: c.listen, Dir: t.TempDir(), Users: c.users, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("listen %s: error %v, want %q", c.listen, err, c.want)
		}
	}
}

func TestSpacesAreRefusedAndLogged(t *testing.T) {
	var log strings.Builder
	b, err := Start(Options{
		Name: "main", Listen: ":0", Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Users: []config.BrokerUser{{Name: "u", Password: "p", Publish: []string{"#"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = pub(t, b, "u", "p", "a b", "1")
	b.Close() // so that the log is complete
	if err == nil {
		t.Error("a topic with a space was taken")
	}
	if !strings.Contains(log.String(), "not supported") {
		t.Errorf("the log does not say why:\n%s", log.String())
	}
}
