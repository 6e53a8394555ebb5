package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"steward/dashboard"
	"steward/drivers/profile"
	"steward/drivers/sim"
	"steward/gateway/config"
)

type demoCmd struct {
	Listen    string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where the page is served."`
	Data      string `placeholder:"DIR" help:"Keep the data here (default: a temporary folder, removed at the end)."`
	FieldPort int    `default:"0" help:"First of the simulated equipment's ports on loopback; 0: 15020 and up."`
	Incidents bool   `default:"true" negatable:"" help:"Let things happen by a timetable (on; --no-incidents: only what is typed)."`
}

func (c demoCmd) Run(ctx context.Context, std stdio) (err error) {
	limitMemory()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // a closed terminal is an orderly end
	defer stop()
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "steward-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(c.Data)
	}
	lock, err := lockData(c.Data) // before anything in there is changed
	if err != nil {
		return err
	}
	defer lock.Close()
	file, err := writeDemo(c.Data, c.FieldPort)
	if err != nil {
		return err
	}
	field := newPassword()
	env := func(name string) (string, bool) {
		if name == sim.FieldPasswordEnv {
			return field, true
		}
		return os.LookupEnv(name)
	}
	p, err := loadPlant(file, env)
	if err != nil {
		return printErrors(std.err, err)
	}
	if err := brokersFree(p.cfg); err != nil {
		return err
	}
	admin, err := demoPassword(ctx, c.Data)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(std.err, nil))
	return c.both(ctx, field, admin, options{plant: p, listen: c.Listen, data: c.Data, log: log, std: std})
}

// demoPassword is the admin's, that of the last time where the data are kept:
// pages that are open come back by themselves.
func demoPassword(ctx context.Context, folder string) (string, error) {
	users := dashboard.NewPasswords(filepath.Join(folder, "users.json"))
	file := filepath.Join(folder, "demo-password")
	if text, err := os.ReadFile(file); err == nil {
		last := strings.TrimSpace(string(text))
		if ok, err := users.Verify(ctx, "admin", last); err == nil && ok {
			return last, nil
		}
	}
	admin := newPassword()
	if err := os.WriteFile(file, []byte(admin+"\n"), 0o600); err != nil {
		return "", err
	}
	return admin, users.Set("admin", admin)
}

// writeDemo writes the demo's site file, and its rules beside it.
func writeDemo(folder string, basePort int) (site string, err error) {
	site = filepath.Join(folder, "demo.yaml")
	if err := os.MkdirAll(filepath.Join(folder, rulesFolder), 0o750); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, rulesFolder, "demo.yaml"), sim.DemoRules, 0o600); err != nil {
		return "", err
	}
	return site, os.WriteFile(site, sim.Demo(basePort), 0o600)
}

// Validate refuses ports that cannot be.
func (c demoCmd) Validate() error {
	if c.FieldPort != 0 && (c.FieldPort < 1024 || c.FieldPort > 65535-sim.DemoPorts) {
		return fmt.Errorf("--field-port %d: want 1024 to %d, or 0 for the usual ones", c.FieldPort, 65535-sim.DemoPorts)
	}
	return nil
}

// brokersFree makes a taken port the end of a demo; a gateway would wait.
func brokersFree(cfg *config.Config) error {
	for _, b := range cfg.Brokers {
		if !b.Embedded {
			continue
		}
		l, err := net.Listen("tcp", b.Listen)
		if err != nil {
			return fmt.Errorf("broker %s: %w: is another demo running? --field-port takes other ports", b.ID, err)
		}
		l.Close()
	}
	return nil
}

// both runs the field and the gateway until either ends, and with them what
// happens to the field. The field stops first: its brokers are the gateway's.
func (c demoCmd) both(ctx context.Context, password, admin string, o options) error {
	field, err := sim.New(o.plant.cfg, sim.Options{
		Seed: 1, Now: time.Now, Log: o.log.With("part", "field"),
		MQTTUser:     func(string) string { return sim.FieldUser },
		MQTTPassword: func(string) string { return password },
	})
	if err != nil {
		return err
	}
	fieldCtx, stopField := context.WithCancel(ctx)
	defer stopField()
	gatewayCtx, stopGateway := context.WithCancel(context.WithoutCancel(ctx))
	defer stopGateway()
	up, ended := make(chan struct{}), make(chan error, 1)
	go func() { // ends with fieldCtx, and takes the gateway along
		defer stopGateway()
		ended <- field.Run(fieldCtx, func() { close(up) })
	}()
	select {
	case <-up:
	case err := <-ended:
		if err == nil {
			return nil // stopped before it was up
		}
		return fmt.Errorf("field: %w", err)
	}
	play := &incidents{field: field, in: o.std.in, out: o.std.out, timed: c.Incidents}
	o.ready = func(string) {
		fmt.Fprintf(o.std.out, "user admin password %s\n", admin)
		play.help()
		go play.run(fieldCtx) // ends with the field
	}
	err = runStation(gatewayCtx, o)
	stopField()
	return errors.Join(err, <-ended)
}

// newPassword makes a password that can be read aloud: 100 bits.
func newPassword() string {
	b := make([]byte, 15)
	_, _ = rand.Read(b) // never fails, says its documentation
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))[:20]
}

type simCmd struct {
	Config string `xor:"what" required:"" placeholder:"FILE" help:"The site file whose equipment is simulated; its buses must be on loopback. This or --image."`
	Image  string `xor:"what" required:"" placeholder:"FILE" help:"Instead of --config: a recorded register image that is served over Modbus TCP as it was."`
	Listen string `default:"127.0.0.1:1502" placeholder:"ADDR" help:"With --image: where, on loopback; port 0 takes a free one (${default})."`
	Unit   uint8  `default:"1" placeholder:"N" help:"With --image: as which unit (${default})."`
	Seed   int64  `default:"1" help:"The same seed makes the same day."`
	User   string `default:"field" help:"Name to sign in to the brokers with; the password comes from STEWARD_FIELD_PASSWORD."`
}

func (c simCmd) Run(ctx context.Context, std stdio) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	if c.Image != "" {
		return c.replay(ctx, std)
	}
	cfg, err := loadSite(c.Config, os.LookupEnv)
	if err != nil {
		return printErrors(std.err, err)
	}
	field, err := sim.New(cfg, sim.Options{
		Seed: c.Seed, Now: time.Now, Log: slog.New(slog.NewTextHandler(std.err, nil)),
		MQTTUser:     func(string) string { return c.User },
		MQTTPassword: func(string) string { return os.Getenv("STEWARD_FIELD_PASSWORD") },
	})
	if err != nil {
		return err
	}
	return field.Run(ctx, func() {
		fmt.Fprintf(std.out, "simulating site %s\n", cfg.Site.ID)
		for _, b := range cfg.Buses {
			fmt.Fprintf(std.out, "bus %s listens on %s\n", b.ID, b.URL())
		}
	})
}

// replay serves a recorded image. Its life sign is that of its profile, where
// that is one that ships.
func (c simCmd) replay(ctx context.Context, std stdio) error {
	img, err := profile.LoadImage(c.Image)
	if err != nil {
		return err
	}
	shipped, err := profile.Builtin()
	if err != nil {
		return err
	}
	unit := sim.Recorded{Unit: c.Unit, Image: img}
	if p, ok := shipped.Profile(img.Profile); ok {
		unit.Watch = p.Limits.Watch
	}
	log := slog.New(slog.NewTextHandler(std.err, nil))
	return sim.Replay(ctx, c.Listen, log, func(address string) {
		fmt.Fprintf(std.out, "replaying %s as unit %d on tcp://%s\n", c.Image, c.Unit, address)
	}, unit)
}
