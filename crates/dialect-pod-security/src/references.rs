//! The sources that the documentation of several checks names.

use sekisho_policy::Reference;

pub(crate) const BASELINE: Reference = Reference {
    title: "Pod Security Standards: Baseline",
    url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
};

pub(crate) const RESTRICTED: Reference = Reference {
    title: "Pod Security Standards: Restricted",
    url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
};

pub(crate) const SECURITY_CONTEXT: Reference = Reference {
    title: "Kubernetes: Configure a Security Context for a Pod or Container",
    url: "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
};

pub(crate) const LINUX_SECURITY: Reference = Reference {
    title: "Kubernetes: Linux kernel security constraints for Pods and containers",
    url: "https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
};

pub(crate) const NSA_POD_SECURITY: Reference = Reference {
    title: "NSA/CISA Kubernetes Hardening Guidance 1.2: Pod security enforcement",
    url: NSA_URL,
};

pub(crate) const NSA_NON_ROOT: Reference = Reference {
    title: "NSA/CISA Kubernetes Hardening Guidance 1.2: \"Non-root\" containers and \"rootless\" \
            container engines",
    url: NSA_URL,
};

pub(crate) const NSA_HARDENING: Reference = Reference {
    title: "NSA/CISA Kubernetes Hardening Guidance 1.2: Hardening container environments",
    url: NSA_URL,
};

pub(crate) const NSA_NETWORK: Reference = Reference {
    title: "NSA/CISA Kubernetes Hardening Guidance 1.2: Network separation and hardening",
    url: NSA_URL,
};

pub(crate) const OWASP_K01: Reference = Reference {
    title: "OWASP Kubernetes Top 10 (2022) K01: Insecure Workload Configurations",
    url: "https://owasp.org/www-project-kubernetes-top-ten/2022/en/src/K01-insecure-workload-configurations",
};

pub(crate) const OWASP_K04: Reference = Reference {
    title: "OWASP Kubernetes Top 10 (2022) K04: Lack of Centralized Policy Enforcement",
    url: "https://owasp.org/www-project-kubernetes-top-ten/2022/en/src/K04-policy-enforcement",
};

pub(crate) const OWASP_K07: Reference = Reference {
    title: "OWASP Kubernetes Top 10 (2022) K07: Missing Network Segmentation Controls",
    url: "https://owasp.org/www-project-kubernetes-top-ten/2022/en/src/K07-network-segmentation",
};

const NSA_URL: &str = "https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF";
