package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const upHelp = `usage: testenv/up [OPTION…]

Starts etcd, kube-apiserver and kube-controller-manager on free loopback ports
and waits until they are ready. The last line of standard output is the absolute
path of the kubeconfig; progress goes to standard error. The first call builds
the binaries, which takes minutes; later calls take seconds.

  --all-apis                  all APIs served, also alpha and beta; features as
                              they are by default
  --alpha-beta                all alpha and beta APIs and features on
  --emulated-version 1.N      behave as that older minor version
  --enable-admission P,…      admission plugins to turn on besides the defaults
  --disable-admission P,…     admission plugins to turn off
  --admission-config FILE     AdmissionConfiguration, e.g. for PodSecurity
  --no-service-account        ServiceAccount admission off; do not wait for the
                              default ServiceAccount
  --no-workload-controllers   a Deployment makes no ReplicaSet, a Job no Pod, …
  --help                      this text

An option's value may also follow an equals sign. Exit status: 0 it runs; 1 it
did not start; 2 the command line is wrong. Stop it with testenv/down.
`

const downHelp = `usage: testenv/down [KUBECONFIG]

Stops the control plane that this kubeconfig belongs to, or, without argument,
all that were started from this checkout; removes their run folders.
`

type options struct {
	help                  bool
	allAPIs               bool
	alphaBeta             bool
	emulatedVersion       string
	enableAdmission       []string
	disableAdmission      []string
	admissionConfig       string
	noServiceAccount      bool
	noWorkloadControllers bool
}

var (
	minorVersion = regexp.MustCompile(`^1\.[0-9]+$`)
	pluginName   = regexp.MustCompile(`^[A-Za-z]+$`)
)

func parseOptions(args []string) (options, error) {
	var o options
	for len(args) > 0 {
		name, value, inline := strings.Cut(args[0], "=")
		args = args[1:]

		flags := map[string]*bool{
			"--help":                    &o.help,
			"-h":                        &o.help,
			"--all-apis":                &o.allAPIs,
			"--alpha-beta":              &o.alphaBeta,
			"--no-service-account":      &o.noServiceAccount,
			"--no-workload-controllers": &o.noWorkloadControllers,
		}
		if flag, ok := flags[name]; ok {
			if inline {
				return o, usageError{fmt.Sprintf("%s takes no value", name)}
			}
			*flag = true
			continue
		}

		set, ok := map[string]func(string) error{
			"--emulated-version":  o.setEmulatedVersion,
			"--enable-admission":  func(v string) error { return addPlugins(&o.enableAdmission, name, v) },
			"--disable-admission": func(v string) error { return addPlugins(&o.disableAdmission, name, v) },
			"--admission-config":  o.setAdmissionConfig,
		}[name]
		if !ok {
			if strings.HasPrefix(name, "-") {
				return o, usageError{fmt.Sprintf("unknown option %s (see --help)", name)}
			}
			return o, usageError{fmt.Sprintf("unexpected argument %q (see --help)", name)}
		}
		if !inline {
			if len(args) == 0 {
				return o, usageError{fmt.Sprintf("%s needs a value", name)}
			}
			value, args = args[0], args[1:]
		}
		if err := set(value); err != nil {
			return o, err
		}
	}
	if o.noServiceAccount && !slices.Contains(o.disableAdmission, "ServiceAccount") {
		o.disableAdmission = append(o.disableAdmission, "ServiceAccount")
	}
	for _, plugin := range o.enableAdmission {
		if slices.Contains(o.disableAdmission, plugin) {
			return o, usageError{fmt.Sprintf("admission plugin %s is to be both on and off", plugin)}
		}
	}
	return o, nil
}

// waitForServiceAccount tells whether pods need the default ServiceAccount.
func (o *options) waitForServiceAccount() bool {
	return !slices.Contains(o.disableAdmission, "ServiceAccount")
}

func (o *options) setEmulatedVersion(value string) error {
	if !minorVersion.MatchString(value) {
		return usageError{fmt.Sprintf("--emulated-version %q: want a minor version such as 1.34", value)}
	}
	o.emulatedVersion = value
	return nil
}

func (o *options) setAdmissionConfig(value string) error {
	path, err := filepath.Abs(value)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return usageError{fmt.Sprintf("--admission-config: %v", err)}
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.IsDir() {
		return usageError{fmt.Sprintf("--admission-config: %s is no file", path)}
	}
	o.admissionConfig = path
	return nil
}

func addPlugins(list *[]string, option, value string) error {
	for plugin := range strings.SplitSeq(value, ",") {
		if !pluginName.MatchString(plugin) {
			return usageError{fmt.Sprintf("%s %q: want the names of admission plugins, with commas between", option, value)}
		}
		if !slices.Contains(*list, plugin) {
			*list = append(*list, plugin)
		}
	}
	return nil
}
