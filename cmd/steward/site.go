package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"steward/drivers/profile"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// loadSite reads and checks a site file with the profiles that ship.
func loadSite(path string, env func(string) (string, bool)) (*config.Config, error) {
	kinds, err := kind.Builtin()
	if err != nil {
		return nil, err
	}
	profiles, err := profile.Builtin()
	if err != nil {
		return nil, err
	}
	return config.Load(path, kinds, profiles, env)
}

// printErrors writes every error of a site file on a line of its own.
func printErrors(w io.Writer, err error) error {
	var all config.Errors
	if !errors.As(err, &all) {
		return err
	}
	for _, e := range all {
		fmt.Fprintln(w, e)
	}
	return errReported
}

type checkCmd struct {
	Config string `required:"" placeholder:"FILE" help:"The site file."`
}

func (c checkCmd) Run(std stdio) error {
	cfg, err := loadSite(c.Config, os.LookupEnv)
	if err != nil {
		return printErrors(std.err, err)
	}
	points := 0
	for _, a := range cfg.Site.Assets {
		points += len(a.Points)
	}
	fmt.Fprintf(std.out, "%s: ok: site %s, %d areas, %d assets, %d points, %d buses, %d brokers\n", c.Config,
		cfg.Site.ID, len(cfg.Site.Areas), len(cfg.Site.Assets), points, len(cfg.Buses), len(cfg.Brokers))
	return nil
}

type configCmd struct {
	Schema configSchemaCmd `cmd:"" help:"Print the JSON Schema of the site file."`
}

type configSchemaCmd struct{}

func (configSchemaCmd) Run(std stdio) error {
	schema, err := config.Schema()
	if err != nil {
		return err
	}
	_, err = std.out.Write(append(schema, '\n'))
	return err
}
