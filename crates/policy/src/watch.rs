/// Is told what evaluations do: by which lines of policies tests come, and what these print.
pub trait Watch: Send + Sync {
    /// A line of a policy's file holds a rule or an expression. `evaluated`: it was evaluated;
    /// otherwise it could be.
    fn line(&self, file: &str, line: u32, evaluated: bool);
    /// A policy printed a text.
    fn print(&self, text: &str);
}
