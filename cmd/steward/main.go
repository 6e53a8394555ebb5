// Command steward is the whole product in one binary: the gateway, the demo,
// the field simulator and the tools a site engineer needs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // sites name their zone; small images carry no zone files

	"github.com/alecthomas/kong"
)

// version is set by the linker (see the Makefile).
var version = "dev"

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(steward(os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// stdio is where a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

type cli struct {
	Run      runCmd      `cmd:"" help:"Run the gateway for a site."`
	Check    checkCmd    `cmd:"" help:"Check a site file and print every error in it."`
	Demo     demoCmd     `cmd:"" help:"Run a simulated community and its gateway."`
	Sim      simCmd      `cmd:"" help:"Run the field simulator alone: the equipment of a site file, on loopback."`
	Scan     scanCmd     `cmd:"" help:"Find the units on a Modbus line and the profiles that fit them."`
	Probe    probeCmd    `cmd:"" help:"Read registers of a Modbus unit, find a number of its display among them, or record them."`
	Profiles profilesCmd `cmd:"" help:"List, show and check device profiles."`
	Import   importCmd   `cmd:"" help:"Make a site file of another program's configuration."`
	Rules    rulesCmd    `cmd:"" help:"Check, list, test, explain and try out rules."`
	Journal  journalCmd  `cmd:"" help:"Look into the journal on disk, while the gateway runs or not."`
	Config   configCmd   `cmd:"" help:"Describe the site file."`
	User     userCmd     `cmd:"" help:"Manage who may sign in."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

type versionCmd struct{}

func (versionCmd) Run(std stdio) error {
	_, err := fmt.Fprintln(std.out, "steward", version)
	return err
}

// helped ends parsing after --help has been printed.
type helped struct{ code int }

// steward runs one command line and returns its exit status.
func steward(args []string, std stdio) (code int) {
	defer func() {
		if h, ok := recover().(helped); ok {
			code = h.code
		}
	}()
	parser, err := kong.New(&cli{},
		kong.Name("steward"),
		kong.Description("Watches the equipment of residential and commercial property."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { panic(helped{code}) }),
		kong.Bind(std),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(std.err, "steward:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(std.err, "steward: %v\nsteward: 'steward --help' lists the commands\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(std.err, "steward:", err)
		}
		return exitFailed
	}
	return exitOK
}

// errReported is returned by a command that has already told what is wrong.
var errReported = errors.New("already reported")
