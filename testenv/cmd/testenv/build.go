package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

var kubernetesRequirement = regexp.MustCompile(`(?m)^\s*k8s\.io/kubernetes (v[0-9]+\.[0-9]+\.\S+)`)

// kubernetesVersion is the release that go.mod names.
func kubernetesVersion(source string) (string, error) {
	text, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return "", err
	}
	match := kubernetesRequirement.FindSubmatch(text)
	if match == nil {
		return "", errors.New("go.mod does not require k8s.io/kubernetes")
	}
	return string(match[1]), nil
}

// controlPlane gives the path of the control plane's binary, in a folder named
// by the hash of all it is built from, and builds it if it is not there.
func controlPlane(ctx context.Context, source string) (string, error) {
	cache := os.Getenv("SEKISHO_TESTENV_CACHE")
	if cache == "" {
		return "", errors.New("run testenv/up: SEKISHO_TESTENV_CACHE is not set")
	}
	version, err := kubernetesVersion(source)
	if err != nil {
		return "", err
	}
	number := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	// Without these /version says v0.0.0-master.
	const pkg = "k8s.io/component-base/version."
	ldflags := fmt.Sprintf("-s -w -X %sgitVersion=%s -X %sgitMajor=%s -X %sgitMinor=%s -X %sgitTreeState=clean",
		pkg, version, pkg, number[0], pkg, number[1], pkg)

	hash := sha256.New()
	fmt.Fprintln(hash, runtime.GOOS, runtime.GOARCH, ldflags)
	files, err := filepath.Glob(filepath.Join(source, "cmd", "controlplane", "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range append([]string{filepath.Join(source, "go.mod"), filepath.Join(source, "go.sum")}, files...) {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%d\n%s", len(text), text)
	}
	dir := filepath.Join(cache, hex.EncodeToString(hash.Sum(nil)))
	binary := filepath.Join(dir, "controlplane")
	if exists(binary) {
		return binary, nil
	}

	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := acquire(ctx, lock); err != nil {
		return "", err
	}
	if exists(binary) {
		return binary, nil
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "", errors.New("Go is needed to build the control plane, and there is no 'go' in PATH")
	}

	say("building Kubernetes %s and etcd, once; this takes minutes", version)
	start := time.Now()
	// -o under another name, then a rename: whoever finds the binary finds it whole.
	command := exec.CommandContext(ctx, "nice", "-n", "5",
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", binary+".new", "./cmd/controlplane")
	command.Dir = source
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("go build: %w", err)
	}
	if err := os.Rename(binary+".new", binary); err != nil {
		return "", err
	}
	say("built in %s", time.Since(start).Round(time.Second))
	return binary, nil
}

// acquire locks the file, waiting while another up builds the same binary.
func acquire(ctx context.Context, lock *os.File) error {
	for told := false; ; {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if !told {
			say("waiting for another testenv/up that builds the binaries")
			told = true
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// pause sleeps unless interrupted.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-time.After(d):
		return nil
	}
}
