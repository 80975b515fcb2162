// Command testenv starts and stops a real Kubernetes control plane (etcd,
// kube-apiserver, kube-controller-manager) on loopback ports, for end-to-end
// tests. The scripts up and down run it; it needs the standard library alone.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	if len(os.Args) < 2 {
		fail(exitUsage, errors.New("usage: launcher up|down [OPTION…]"))
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()

	var err error
	switch command, args := os.Args[1], os.Args[2:]; command {
	case "up":
		err = upCommand(ctx, args)
	case "down":
		err = downCommand(args)
	default:
		err = usageError{fmt.Sprintf("unknown command %q: up or down", command)}
	}
	if err != nil {
		var usage usageError
		if errors.As(err, &usage) {
			fail(exitUsage, err)
		}
		fail(exitFailure, err)
	}
}

func fail(code int, err error) {
	fmt.Fprintf(os.Stderr, "testenv: %v\n", err)
	os.Exit(code)
}

// usageError is a mistake in the command line.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

// say tells progress; standard output is for the kubeconfig's path alone.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "testenv: "+format+"\n", args...)
}

// sourceDir is the folder that holds up and down.
func sourceDir() (string, error) {
	dir := os.Getenv("SEKISHO_TESTENV_SOURCE")
	if dir == "" {
		return "", errors.New("run testenv/up or testenv/down: SEKISHO_TESTENV_SOURCE is not set")
	}
	return dir, nil
}

// runsDir is where the run folders of this checkout lie: outside the tree, and
// readable by the user alone, for tokens and keys are in it.
func runsDir() (string, error) {
	source, err := sourceDir()
	if err != nil {
		return "", err
	}
	uid := os.Getuid()
	temp, err := filepath.Abs(os.TempDir())
	if err != nil {
		return "", err
	}
	// The components are known by this path in their command lines.
	if temp, err = filepath.EvalSymlinks(temp); err != nil {
		return "", err
	}
	root := filepath.Join(temp, "sekisho-testenv-"+strconv.Itoa(uid))
	if err := os.Mkdir(root, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(root)
	if err != nil {
		return "", err
	}
	// The name is foreseeable and the folder above may be everybody's.
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != uid || info.Mode().Perm() != 0o700 {
		return "", fmt.Errorf("%s is not a folder of this user with mode 0700: remove it, or set TMPDIR", root)
	}
	sum := sha256.Sum256([]byte(source))
	dir := filepath.Join(root, hex.EncodeToString(sum[:6]))
	return dir, os.MkdirAll(dir, 0o700)
}
