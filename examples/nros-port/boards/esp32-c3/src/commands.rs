//! Commands over the serial port: pause, resume.

use core::ffi::c_void;

extern "C" {
    fn nros_on_command(
        on_command: unsafe extern "C" fn(command: u8, context: *mut c_void),
        context: *mut c_void,
    );
}

/// What the last commands said.
pub struct Commands {
    paused: bool,
    count: u32,
}

unsafe extern "C" fn on_command(command: u8, context: *mut c_void) {
    let commands = unsafe { &mut *(context as *mut Commands) };
    commands.paused = command == b'p';
    commands.count += 1;
}

impl Commands {
    /// Listens from now on.
    pub fn listen() -> Commands {
        let mut commands = Commands { paused: false, count: 0 };
        let context = &mut commands as *mut Commands as *mut c_void;
        unsafe { nros_on_command(on_command, context) };
        commands
    }

    /// Whether the talker rests.
    pub fn paused(&self) -> bool {
        self.paused
    }
}
