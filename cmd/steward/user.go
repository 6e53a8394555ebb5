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
	Passwd passwdCmd     `cmd:"" help:"Set the password of an account, new or not; it is asked for, or read from standard input."`
	List   userListCmd   `cmd:"" help:"List the accounts."`
	Remove userRemoveCmd `cmd:"" help:"Remove an account; whoever is signed in with it is signed out."`
}

// accountsFile is where a data folder keeps who may sign in.
func accountsFile(data string) *dashboard.Passwords {
	return dashboard.NewPasswords(filepath.Join(data, "users.json"))
}

type userListCmd struct {
	Data string `default:"steward-data" placeholder:"DIR" help:"The gateway's data folder, as given to run (${default})."`
}

func (c userListCmd) Run(std stdio) error {
	names, err := accountsFile(c.Data).Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(std.out, name)
	}
	return nil
}

type userRemoveCmd struct {
	User string `arg:"" help:"The account."`
	Data string `default:"steward-data" placeholder:"DIR" help:"The gateway's data folder, as given to run (${default})."`
}

func (c userRemoveCmd) Run(std stdio) error {
	if err := accountsFile(c.Data).Remove(c.User); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "account %s removed\n", c.User)
	return nil
}

type passwdCmd struct {
	User string `arg:"" optional:"" default:"admin" help:"The account (${default}). Each may do everything; what it does is kept under its name."`
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
	if err := accountsFile(c.Data).Set(c.User, password); err != nil {
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
