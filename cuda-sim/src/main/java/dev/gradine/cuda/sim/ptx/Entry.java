package dev.gradine.cuda.sim.ptx;

import java.util.List;

/// A kernel: what a launch can start.
///
/// @param name of the kernel
/// @param parameters in order
/// @param registers all of them, those of inner scopes too; `Operand.Register` has the index
/// @param variables shared and local memory it declares
/// @param instructions in the order of the text
/// @param maxThreads most threads of a block that it allows, 0 where it does not say
public record Entry(
        String name,
        List<Parameter> parameters,
        List<Declared> registers,
        List<Variable> variables,
        List<Instruction> instructions,
        int maxThreads) {

    /// A declared register.
    public record Declared(String name, PtxType type) {}

    /// Most registers of 32 bits per thread that hold a wanted value at once, by the order of the text. The assembler
    /// decides how many a kernel gets.
    public int liveRegisters() {
        return Liveness.registers(this);
    }

    /// Bytes of all parameters together.
    public int parameterBytes() {
        if (parameters.isEmpty()) return 0;
        Parameter last = parameters.getLast();
        return last.offset() + last.bytes();
    }
}
