package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"steward/dashboard"
)

type userCmd struct {
	Passwd passwdCmd `cmd:"" help:"Set the password of an account; it is asked for, or read from standard input."`
}

type passwdCmd struct {
	User string `arg:"" optional:"" default:"admin" enum:"admin" help:"The account; so far there is only admin."`
	Data string `default:"steward-data" placeholder:"DIR" help:"The gateway's data folder, as given to run (${default})."`
}

func (c passwdCmd) Run(std stdio) error {
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return err
	}
	password, err := readPassword(std)
	if err != nil {
		return fmt.Errorf("password: %w", err)
	}
	if err := dashboard.NewPasswords(filepath.Join(c.Data, "users.json")).Set(c.User, password); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "password of %s set\n", c.User)
	return nil
}

// readPassword asks without echo on a terminal and reads one line otherwise.
func readPassword(std stdio) (string, error) {
	f, ok := std.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(std.in).ReadString('\n')
		if line == "" && err != nil {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprint(std.err, "New password: ")
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(std.err)
	return string(b), err
}
