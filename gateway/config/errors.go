package config

import "steward/gateway/strict"

// Error is one thing wrong with a file: where, what is wrong, and what would
// be right.
type Error = strict.Error

// Errors is everything wrong with a file, in the file's order.
type Errors = strict.Errors

// newProblems makes a collection that knows the commands which list what a
// message cannot.
func newProblems(file string) *strict.Problems {
	p := strict.NewProblems(file)
	p.Listed = map[string]string{
		"kinds":              "steward config kinds",
		"points of the kind": "steward config kinds KIND",
		"profiles":           "steward config profiles",
	}
	return p
}
