package main

import (
	"fmt"
	"io"
	"os"

	"steward/drivers/survey/foreign"
	"steward/gateway/kind"
)

type importCmd struct {
	Telegraf      importTelegrafCmd      `cmd:"" help:"From a Telegraf configuration: inputs.modbus and inputs.mqtt_consumer."`
	HomeAssistant importHomeAssistantCmd `cmd:"" name:"homeassistant" help:"From a Home Assistant configuration: modbus: and mqtt:."`
	Homie         importHomieCmd         `cmd:"" help:"From the descriptions of Homie 5 devices, as mosquitto_sub -v -t 'homie/5/+/$$description' prints them."`
}

// importFlags are what the other program's file does not say.
type importFlags struct {
	File     string `arg:"" help:"The other program's configuration."`
	Site     string `default:"imported" placeholder:"ID" help:"The site's id (${default})."`
	Timezone string `default:"Asia/Shanghai" placeholder:"ZONE" help:"The site's time zone (${default})."`
}

type importTelegrafCmd struct {
	importFlags `embed:""`
}

// Help explains what comes out.
func (importTelegrafCmd) Help() string { return importHelp }

// Run prints the site file.
func (c importTelegrafCmd) Run(std stdio) error { return c.print(std, foreign.Telegraf) }

type importHomeAssistantCmd struct {
	importFlags `embed:""`
}

// Help explains what comes out.
func (importHomeAssistantCmd) Help() string { return importHelp }

// Run prints the site file.
func (c importHomeAssistantCmd) Run(std stdio) error { return c.print(std, foreign.HomeAssistant) }

type importHomieCmd struct {
	importFlags `embed:""`
}

// Help explains what comes out.
func (importHomieCmd) Help() string { return importHelp }

// Run prints the site file.
func (c importHomieCmd) Run(std stdio) error { return c.print(std, foreign.Homie) }

const importHelp = `Prints a site file on standard output. What each value is, is guessed from its name, its unit and
its class; what fits no kind of equipment becomes a channel of an I/O module. Every line that
could not be carried over, or only with a guess, is told on standard error as FILE:LINE: what.`

func (f importFlags) print(std stdio, read func(string, []byte, foreign.Options) (foreign.Result, error)) error {
	in, err := os.Open(f.File)
	if err != nil {
		return err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, foreign.MaxFile+1))
	if err != nil {
		return err
	}
	if len(data) > foreign.MaxFile {
		return fmt.Errorf("%s is larger than %d bytes", f.File, foreign.MaxFile)
	}
	kinds, err := kind.Builtin()
	if err != nil {
		return err
	}
	r, err := read(f.File, data, foreign.Options{Site: f.Site, Timezone: f.Timezone, Kinds: kinds})
	for _, n := range r.Left {
		fmt.Fprintf(std.err, "%s:%d: %s\n", f.File, n.Line, n.Text)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(std.err, "%d assets with %d points; %d remarks\n", r.Assets, r.Points, len(r.Left))
	_, err = std.out.Write(r.YAML)
	return err
}
