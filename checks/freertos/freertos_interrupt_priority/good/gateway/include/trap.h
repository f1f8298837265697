#pragma once

void trap( const char * file, int line );
