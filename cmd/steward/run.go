package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

type runCmd struct {
	Config string `required:"" placeholder:"FILE" help:"The site file."`
	Listen string `placeholder:"ADDR" help:"Where the page is served, instead of the site file's http.listen."`
	Data   string `default:"steward-data" placeholder:"DIR" help:"Folder for the journal, the history and the accounts (${default})."`
}

func (c runCmd) Run(ctx context.Context, std stdio) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // first of all: until then it ends the process
	defer signal.Stop(hup)
	limitMemory() // before the site file: reading a large one is the peak
	p, err := loadPlant(c.Config, os.LookupEnv)
	if err != nil {
		return printErrors(std.err, err)
	}
	lock, err := lockData(c.Data)
	if err != nil {
		return err
	}
	defer lock.Close()
	log := slog.New(slog.NewTextHandler(std.err, nil))
	return runStation(ctx, options{
		plant: p, listen: c.Listen, data: c.Data, log: log, std: std, reload: hup,
		load: func() (*plant, error) { return loadPlant(c.Config, os.LookupEnv) },
	})
}

// lockData makes the folder and keeps a second gateway out of it. The lock
// ends with the process, however that ends.
func lockData(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("data folder %s is in use by another steward: stop that one, or give --data another folder", dir)
	}
	return f, nil
}
