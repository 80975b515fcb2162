package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const stateFile = "state.json"

func downCommand(args []string) error {
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Print(downHelp)
		return nil
	}
	if len(args) > 0 && strings.HasPrefix(args[0], "-") {
		return usageError{fmt.Sprintf("unknown option %s (see --help)", args[0])}
	}
	if len(args) > 1 {
		return usageError{"down takes one kubeconfig at most (see --help)"}
	}
	runs, err := runsDir()
	if err != nil {
		return err
	}
	if len(args) == 1 {
		return downOne(runs, args[0])
	}

	entries, err := os.ReadDir(runs)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		errs = append(errs, stopRun(filepath.Join(runs, entry.Name())))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// Fails if another up has begun meanwhile, which is as well.
	_ = os.Remove(runs)
	say("stopped %d", len(entries))
	return nil
}

func downOne(runs, kubeconfig string) error {
	path, err := filepath.Abs(kubeconfig)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	dir := filepath.Dir(path)
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) == runs {
		say("%s: stopped already", kubeconfig)
		return nil
	}
	var s state
	if err != nil || json.Unmarshal(text, &s) != nil || s.Kind != stateKind {
		return fmt.Errorf("%s is not a kubeconfig that testenv/up wrote: no %s of its beside it", kubeconfig, stateFile)
	}
	if err := stopRun(dir); err != nil {
		return err
	}
	say("stopped %s", path)
	return nil
}

// stopRun kills what runs from the folder and removes it. SIGKILL, for the data
// go too, and a kube-apiserver that outlives its etcd drains for a minute.
func stopRun(dir string) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		left, err := killComponents(dir)
		if err != nil {
			return err
		}
		if left == 0 {
			return os.RemoveAll(dir)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: %d processes do not end", dir, left)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// killComponents kills the components of that folder and gives back how many
// there were. It goes by what runs rather than by the pids in state.json: those
// may be incomplete after a crash, or be somebody else's by now.
func killComponents(dir string) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	found := 0
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if !runsFrom(pid, dir) {
			continue
		}
		// Where the kernel can, the handle holds on to this very process, so
		// look once more before the signal.
		process, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		if runsFrom(pid, dir) {
			found++
			err = process.Signal(syscall.SIGKILL)
		}
		_ = process.Release()
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			return found, err
		}
	}
	return found, nil
}

func runsFrom(pid int, dir string) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && isComponent(strings.Split(string(text), "\x00"), dir)
}

// isComponent tells whether a command line is that of a component started by up
// in that folder. One that merely names the folder (an editor, tail, kubectl) is
// not. A dead one that nobody has reaped has no command line left.
func isComponent(argv []string, dir string) bool {
	if len(argv) < 3 || filepath.Base(argv[0]) != "controlplane" {
		return false
	}
	switch argv[1] {
	case "etcd", "kube-apiserver", "kube-controller-manager":
	default:
		return false
	}
	for _, arg := range argv[2:] {
		if _, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(value, dir+"/") {
			return true
		}
	}
	return false
}
